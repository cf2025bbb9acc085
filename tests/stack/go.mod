module leasekey.dev/stack
go 1.21
require github.com/hashicorp/vault v1.16.3
require github.com/hashicorp/vault/sdk v0.13.0
replace github.com/go-ldap/ldap/v3 => github.com/go-ldap/ldap/v3 v3.4.6
