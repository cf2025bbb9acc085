# What Leasekey needs of Vault or OpenBao for the roles of this stack, and no more. Renewing, revoking and
# looking up its own token, and asking for its own capabilities, come with the policy `default`.

# Issue credentials. Writing (POST) is enough, so `allowed_parameters` can narrow it further.
path "aws/creds/orders"         { capabilities = ["update"] }
path "aws/creds/orders-user"    { capabilities = ["update"] }
path "aws/creds/orders-fed"     { capabilities = ["update"] }
path "aws/creds/orders-session" { capabilities = ["update"] }
path "aws/sts/orders"           { capabilities = ["update"] }
path "aws/sts/orders-fed"       { capabilities = ["update"] }
path "aws/sts/orders-session"   { capabilities = ["update"] }

# Static roles are read.
path "aws/static-creds/orders-static" { capabilities = ["read"] }
# How often they rotate, where the server does not say when they do next.
path "aws/static-roles/orders-static" { capabilities = ["read"] }

# Keep leases alive, end them at close, and learn how long they last.
path "sys/leases/renew"  { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
path "sys/leases/lookup" { capabilities = ["update"] }
