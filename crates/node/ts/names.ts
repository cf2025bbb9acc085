import { SETTINGS } from "./schema.ts";

/** `roleArn` of `role_arn`. */
export function camelCase(word: string): string {
  return word.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `role_arn` of `roleArn`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A text of the library whose settings, `role_arn=` and `Did you mean role_arn?`, are called as in JavaScript. */
export function inJavaScript(told: string): string {
  return told.replaceAll(/\b([a-z]+(?:_[a-z]+)*)(=|\?)/g, (whole, word: string, mark: string) => {
    const name = camelCase(word);
    return name in SETTINGS ? name + (mark === "?" ? mark : "") : whole;
  });
}
