import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of a test's own on a free port. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: string[];
}

/** Answers as `answer` does, or never where it does nothing. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<OwnServer> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, requests, [Symbol.asyncDispose]: close };
}
