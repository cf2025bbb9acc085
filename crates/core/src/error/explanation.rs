//! What each code means, at length: `docs/errors.md` and `leasekey explain` are made of it.

use super::ErrorKind;

macro_rules! explanations {
    ($($name:ident { $meaning:literal [$($cause:literal)+] $example:literal })+) => {
        impl ErrorKind {
            /// What it means, in a paragraph.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),+ }
            }

            /// What most often causes it and what to do about each, the likeliest first.
            pub fn causes(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($cause),+]),+ }
            }

            /// An error of this kind as it is printed, after its code.
            pub fn example(self) -> &'static str {
                match self { $(Self::$name => $example),+ }
            }
        }
    };
}

explanations! {
    NotConfigured {
        "No Vault address is configured. This is the only error after which a chain of credential providers \
         goes on to its next link; any other failure stops the chain, because going on would silently use \
         another identity."
        [
            "The variable is not exported to this process: `leasekey config show --origin` prints what \
             arrives."
            "The settings file is in no place that is read: name it in `LEASEKEY_CONFIG`."
            "`BAO_ADDR` is set and empty, which hides `VAULT_ADDR`: unset it."
        ]
        "No Vault address. Set VAULT_ADDR (or BAO_ADDR), or pass address=. Looked in: builder, BAO_ADDR, \
         VAULT_ADDR, the file of LEASEKEY_CONFIG, ~/.config/leasekey/leasekey.toml, \
         /etc/leasekey/leasekey.toml"
    }
    NoAuth {
        "There is an address, but no way to log in to it. The first method that is configured is the one \
         that is used; a refusal never falls through to the next."
        [
            "Nobody has logged in here: `vault login` writes the token file."
            "A role id is set without a secret id, or the other way round: set both."
            "The process runs as another user, whose home has no token file."
        ]
        "no way to log in to https://vault.example:8200. Tried AppRole (LEASEKEY_ROLE_ID unset), \
         VAULT_TOKEN (unset), ~/.vault-token (missing). Choose one: LEASEKEY_ROLE_ID with \
         LEASEKEY_SECRET_ID, VAULT_TOKEN, or auth="
    }
    TokenRefused {
        "Vault refused the token, or the text cannot be a token. With AppRole, Leasekey logs in again by \
         itself; a token that was given to it, it can only use until its end."
        [
            "The token has expired or was revoked: `vault token lookup` tells; `vault login` gets another."
            "The variable ends with a newline, or is not the token at all."
            "The token is of another cluster or namespace than the address."
            "The token has the root policy, which has to be allowed by name: `allow_root_token`."
        ]
        "VAULT_TOKEN ends with a newline. Remove it: export VAULT_TOKEN=\"$(vault print token)\""
    }
    Tls {
        "TLS failed. Leasekey never falls back to plain http and never skips verification by itself."
        [
            "The certificate is signed by a CA of your own: set `VAULT_CACERT` to its PEM file."
            "The certificate is for another name than the address's host: use a name that it carries."
            "The certificate has expired, or this host's clock is wrong."
            "The port does not speak TLS, or speaks nothing newer than TLS 1.1."
        ]
        "TLS to vault.example:8200 failed: invalid peer certificate: UnknownIssuer. Set VAULT_CACERT to the \
         PEM file of the CA that signed Vault's certificate"
    }
    RoleNotFound {
        "The namespace, the mount or the role does not exist. The mount is `aws` unless set."
        [
            "The role is spelt differently, or was deleted: `vault list aws/roles` tells which there are."
            "The engine is mounted elsewhere: `vault secrets list` tells where; set `LEASEKEY_MOUNT`."
            "It is in another namespace: set `VAULT_NAMESPACE`."
            "It is a static role, which has to be asked for by its kind: set `LEASEKEY_KIND=static`."
        ]
        "Vault has no AWS role \"order\" at aws/ in namespace pay/. Check role, mount and namespace"
    }
    PermissionDenied {
        "The token lives, but its policies do not grant the path. The error's hint is the rule to add."
        [
            "The policy names another mount or role."
            "The policy grants `read` where `update` is needed: credentials are asked for by POST."
            "The policy allows some parameters only (`allowed_parameters`): leave the others unset."
            "The policy was attached to the login after the token was made: log in again."
        ]
        "the token may not update aws/creds/orders. Add to its policy: path \"aws/creds/orders\" { \
         capabilities = [\"update\"] }"
    }
    AwsRefused {
        "AWS refused what Vault asked of it, most often `sts:AssumeRole`. Vault's own words are part of the \
         error."
        [
            "The trust policy of the AWS role does not name Vault's own AWS identity."
            "Vault's AWS identity may not assume the role, or not with session tags (`sts:TagSession`)."
            "Vault's AWS key was rotated or deleted: write `aws/config/root` anew."
            "The role asks for federation or session tokens, and Vault runs with a role: only an IAM user \
             gets them."
        ]
        "Vault could not assume arn:aws:iam::111122223333:role/orders: AccessDenied. Correct the trust \
         policy of the AWS role or the rights of Vault's AWS identity"
    }
    TtlOutOfRange {
        "The ttl is out of range for this kind of credentials or for the role. AWS gives temporary sets for \
         no less than 15 minutes and, from a role that was itself assumed, for no more than an hour."
        [
            "The ttl is longer than `max_sts_ttl` of the Vault role or `MaxSessionDuration` of the AWS role."
            "The mount's `max_lease_ttl` is less than 15 minutes, so that every request fails: raise it."
            "A ttl is given for a kind that has none, `iam_user` or `static`: leave it out."
            "Credentials are asked to last longer than any set of the role lives."
        ]
        "ttl 4h is more than the 1h that role orders allows. Set a ttl that the kind and the role allow"
    }
    VaultUnavailable {
        "No node can answer: Vault is sealed, a standby without a leader, down, or limiting rates, or AWS \
         behind it is unwell. A set in hand goes on serving, and Leasekey goes on trying, other nodes \
         first."
        [
            "The address or the port is wrong, or a firewall is on the way: `curl $VAULT_ADDR/v1/sys/health`."
            "Vault is sealed: `vault operator unseal`."
            "The cluster elects a leader, which takes seconds; list every node in `LEASEKEY_ADDRS`."
            "A rate quota of Vault is used up: `vault list sys/quotas/rate-limit`."
        ]
        "Vault at https://vault.example:8200 is sealed (503). Unseal it: vault operator unseal"
    }
    ClockSkew {
        "This host's clock and the server's differ by more than AWS accepts in a signature, 5 minutes. \
         Leasekey's own schedule does not depend on the wall clock, but signatures do."
        [
            "Time is not synchronised here: `timedatectl`."
            "The machine was suspended or restored, and the clock has not caught up yet."
        ]
        "this host's clock is 7m 3s behind Vault's; AWS refuses signatures that are off by more than 5m. \
         Correct this host's clock (NTP)"
    }
    KeyNotYetUsable {
        "A new IAM user's key is not known everywhere in AWS yet. Leasekey serves a new key only when AWS \
         accepts it."
        [
            "AWS takes its time, 5 to 30 seconds: wait."
            "The role need not be of kind `iam_user`: sets of `assumed_role` work at once."
        ]
        "the new IAM user's key is not usable yet after 4 tries in 6s. Wait up to 30 s; assumed_role avoids \
         this"
    }
    Forked {
        "Leasekey cannot serve this process: it was forked, and the child has inherited login material that can \
         be used once only. In Node also: the native package of the platform cannot be loaded."
        [
            "A server forks its workers after Leasekey was started: start it in each worker."
            "The secret id is wrapped, or has `secret_id_num_uses=1`: give each child its own."
            "npm left out optional dependencies, or the folder was copied from another platform: install the \
             package that the error names."
            "Node is older than 20: use a newer one."
        ]
        "Leasekey was started before the fork in process 4711, and its secret id can be used once. Give the \
         child process its own login material"
    }
    UnusableReply {
        "The reply cannot be used: not JSON, too large, without a lifetime, or of another kind than asked \
         for. What was issued with it is given back where that is possible, and the set in hand is kept."
        [
            "Something else than Vault answers at the address: a load balancer's page, a login portal."
            "The kind that was asked for is not the `credential_type` of the Vault role."
            "A proxy changes or caches replies."
        ]
        "the reply of aws/creds/orders has lease_duration 0 and no other lifetime. Check what answers at \
         the Vault address and the AWS engine's role"
    }
    RedirectRefused {
        "A redirect led to an address that is not configured. The token was not sent there."
        [
            "A standby points to the leader by an address of its own: list every node in `LEASEKEY_ADDRS`."
            "The address is `http` and the server wants `https`: write `https`."
            "A proxy on the way sends requests somewhere else."
        ]
        "https://vault.example:8200 redirected to https://10.0.0.7:8200, which is not configured. Configure \
         the address that answers, or every node in LEASEKEY_ADDRS"
    }
    InvalidName {
        "A mount, role, namespace or session name has a character that is not allowed there, or is too \
         short or too long. Nothing was sent."
        [
            "The name holds the whole path: the role is `orders`, the mount `aws`."
            "A template was not filled in, and braces or spaces are left in the name."
            "A session name is not of 2 to 64 letters, digits and `+=,.@_-`."
        ]
        "the role \"../sys\" has '/' as character 3, which is not allowed. Correct the name"
    }
    InvalidSetting {
        "A setting cannot be read. The error names the variable, the keyword or the line of the file, and \
         what is allowed; the value of a secret never is shown. docs/settings.md lists all settings."
        [
            "A boolean is not one of Go's words: `true` and `false`, not `yes` and `no`."
            "A duration has no unit that is known: `15m`, `1h 30m`, or whole seconds."
            "A file has a keyword that does not exist, or sets what a file of its place may not set."
            "Another file or variable wins than the one you have in mind: `leasekey config show --origin`."
        ]
        "VAULT_SKIP_VERIFY is \"yes\". Allowed is one of 1 t T TRUE true True 0 f F FALSE false False"
    }
    Expired {
        "The last set has expired, and every attempt at a new one has failed. Nothing is served past its \
         expiry. The error's source is the last failure; Leasekey goes on trying."
        [
            "What the last failure says: its code is the one to explain."
            "The outage was longer than what remained of the set: longer ttls bridge longer outages."
        ]
        "aws/creds/orders: the last value expired 42 s ago; since then: Vault at https://vault:8200 is \
         sealed (503); next try in 3 s. Unseal it: vault operator unseal; Leasekey goes on trying"
    }
    Closed {
        "The provider was closed, and its leases with it."
        [
            "A part of the program still uses a client of a provider that another part has closed."
            "The program is ending, and a task of it has not ended yet."
        ]
        "this provider was closed by a call of close(). Start a new provider"
    }
    Wrapping {
        "A response-wrapping token was used before, or was made by another path than it should have been. \
         Somebody else may have unwrapped the secret: this is a security event, not a glitch."
        [
            "Somebody unwrapped it on the way: find `sys/wrapping/unwrap` in Vault's audit log, revoke the \
             secret id."
            "The program was started twice with the same wrapping token."
            "The wrapping token has expired: its ttl counts from when it was made."
        ]
        "the wrapping token was made by sys/wrapping/wrap, not auth/approle/role/orders/secret-id. Treat \
         the wrapped secret as stolen: revoke it and have a new one wrapped"
    }
    IdentityPin {
        "The identity pin (`expected_account`, `expected_role_arn`) does not match what AWS says about the \
         new set. The set was not served."
        [
            "The role of another environment is configured, staging for production."
            "The Vault role was changed to assume another AWS role."
            "Something else than your Vault answers at the address: treat it as an attack until you know."
        ]
        "the set of aws/creds/orders belongs to account 444455556666, not 111122223333. Check the role and \
         who answers at the Vault address; nothing was served"
    }
    MfaRequired {
        "A second factor is needed, for the login or, with an `mfa_serial_number` on the role, for the \
         credentials. A service should have neither."
        [
            "The auth method is under an MFA enforcement of Vault: use a method without, such as AppRole."
            "The role of kind `session_token` wants a code: `leasekey creds --mfa-code` takes it from a \
             person."
        ]
        "the login at auth/userpass needs a second factor (totp). Use a login without MFA, or pass the code \
         where a person is present"
    }
    AuthRejected {
        "Vault refused the login itself."
        [
            "The secret id is used up or expired: make another, `vault write -f \
             auth/approle/role/NAME/secret-id`."
            "The role id or the secret id is of another role, cluster or namespace."
            "The auth method is mounted elsewhere: set `LEASEKEY_AUTH_MOUNT`."
            "The role binds logins to networks that this host is not in."
        ]
        "Vault refused the AppRole login at auth/approle (400): invalid role or secret ID. Check the login \
         material and the auth mount"
    }
    NotReady {
        "There is no set yet, and the caller's own deadline has passed. The attempt goes on in the \
         background and serves the next call."
        [
            "Vault or AWS behind it is slow or unreachable: the events tell which attempts were made."
            "The deadline is shorter than a login and an issue take."
        ]
        "no credentials of aws/creds/orders within 5s. Call again, or raise the deadline; the attempt goes \
         on in the background"
    }
    LeaseLost {
        "The lease of an IAM user's key is gone from Vault, although its end had not come. Its key is dead at \
         AWS. A new set is asked for at once."
        [
            "Somebody revoked the lease, by itself or by its prefix: Vault's audit log tells who."
            "The token that it was leased under was revoked."
        ]
        "the lease is gone or cannot be renewed (400: lease not found). Nothing: Leasekey asks for a new set"
    }
    NotRotated {
        "A new set was asked for, and the one in hand came again. Leasekey goes on with the set and takes the \
         lease's true life from Vault. A static role's key changes only when Vault rotates it."
        [
            "A caching Vault Agent repeats its replies: ask Vault itself, or leave the engine out of the cache."
            "A proxy on the way keeps replies to POST, which none should."
        ]
        "a caching Vault Agent answered with the set in hand. Configure Vault's own address, or leave the AWS \
         engine out of the agent's cache"
    }
    Bug {
        "A fault in Leasekey, or a panic in a hook of yours. The set in hand is kept and served."
        [
            "An event sink or an auth method of your own panicked: the error names it."
            "Leasekey is wrong: please report it, with the line."
        ]
        "the refresh task panicked. Report it, with this line; Leasekey goes on with the set in hand"
    }
    InvalidPolicy {
        "A policy document cannot be read, or holds what its place does not allow. Nothing is evaluated with a \
         document that is not understood in full: it might allow what AWS denies."
        [
            "The JSON is wrong, or an element is misspelt: the error names line, column and JSON pointer."
            "A key stands twice in one object, of which AWS would read only one."
            "An identity policy has a Principal, or a resource policy lacks one."
            "A condition of a Deny compares with something that is no date, number or address."
        ]
        "policy.json, line 4, column 17 (/Statement/0/Actions): \"Actions\" is no element of the grammar here; \
         the nearest is Action. Correct the policy at the place named"
    }
    InvalidRequest {
        "The request to evaluate is not one that AWS could get, or a file of cases or a list of requests cannot \
         be read."
        [
            "The action is a pattern or lacks its service: write `s3:GetObject`."
            "The principal is no ARN of an account, a user, a role or a session."
            "A case lacks a field or has one of the wrong type: the error names line, column and JSON pointer."
        ]
        "\"s3:Get*\" is a pattern; a request has one action. Correct the request"
    }
}
