// Compiled, never run: the types of require.
import leasekey = require("leasekey");

export const vault: leasekey.VaultCredentials = leasekey.fromVault({ role: "orders" });
export async function use(): Promise<string> {
  await using own = leasekey.fromVault({ role: "orders" });
  const identity: leasekey.VaultIdentity = await own();
  return identity.accessKeyId;
}
