"""The keyword arguments that are settings. A test compares them with the core's own table.

A value of None leaves the setting to the environment and the settings files.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from typing import TypedDict, Union

Addresses = Union[str, Sequence[str], None]
Boolean = Union[bool, str, None]
Duration = Union[str, int, datetime.timedelta, None]
Integer = Union[int, str, None]
Text = Union[str, "os.PathLike[str]", None]


class Settings(TypedDict, total=False):
    """Every setting but the role, by its keyword."""

    address: Addresses
    """Where Vault or OpenBao answers; the nodes of one cluster are separated by commas."""
    allow_http: Boolean
    """Allow plain http to hosts other than this one: whoever is on the way can read the credentials."""
    namespace: Text
    """The namespace of Vault or OpenBao."""
    mount: Text
    """The mount of the AWS secrets engine."""
    kind: Text
    """The kind of credentials that the role must give; another kind is refused, and unset it is learnt."""
    ttl: Duration
    """How long each lease is asked to live; unset, the role decides."""
    role_arn: Text
    """The AWS role to assume, where Vault's role allows several."""
    session_name: Text
    """The AWS session name; unset, Vault's own, which carries who logged in."""
    max_lease: Duration
    """The longest life that the key of an IAM user may have; one that Vault leases for longer is given back."""
    max_age: Duration
    """The age from which the key of an IAM user is replaced, not renewed."""
    auth: Text
    """How to log in, `approle` or `token`; unset, the first that is configured."""
    auth_mount: Text
    """The mount of the auth method; unset, the method's own name."""
    role_id: Text
    """The role id of the AppRole login."""
    secret_id: Text
    """The secret id of the AppRole login."""
    secret_id_file: Text
    """A file with the secret id, read at every login."""
    secret_id_wrapped: Boolean
    """The secret id given is a response-wrapping token that holds the real one."""
    token: Text
    """The Vault token."""
    token_path: Text
    """The file with the Vault token."""
    allow_root_token: Boolean
    """Allow a token with the root policy, which nothing bounds."""
    mfa: Text
    """The second factor of a login, `method[:code]`."""
    ca_cert: Text
    """A PEM file of the CAs that Vault's certificate is verified against, instead of the platform's."""
    ca_cert_bytes: Text
    """The same CAs as text; wins over the file."""
    ca_path: Text
    """A directory whose files are PEM files of CAs; read where neither of the two above is set."""
    client_cert: Text
    """A PEM file of the certificate that is shown to Vault."""
    client_cert_bytes: Text
    """The same certificate as text; wins over the file."""
    client_key: Text
    """A PEM file of that certificate's private key."""
    client_key_bytes: Text
    """The same key as text; wins over the file."""
    tls_server_name: Text
    """The DNS name that Vault is asked for in TLS and that its certificate must have; unset, the address's host."""
    skip_verify: Boolean
    """Do not verify Vault's certificate: anybody can answer as Vault. Warns at every start and every login."""
    client_timeout: Duration
    """How long one attempt may take, from the first packet to the last byte, all nodes that it asks together."""
    max_retries: Integer
    """How many further nodes an attempt may ask after the first one fails."""
    rate_limit: Text
    """How many requests a second may be sent, `rate[:burst]`."""
    proxy: Addresses
    """The proxy for requests to Vault; HTTP_PROXY and its like are never read."""
    disable_redirects: Boolean
    """Refuse redirects, those within the configured addresses too."""
    srv_lookup: Boolean
    """Find the nodes by SRV records: refused when on, because they are not read; list the nodes in `address`."""
    wrap_ttl: Duration
    """Read and checked only: Leasekey has no reply wrapped."""
    expected_account: Text
    """The AWS account that every set must belong to; AWS is asked before a set is served."""
    expected_role_arn: Text
    """The AWS role that every set must belong to; AWS is asked before a set is served."""
    region: Text
    """The AWS Region whose STS is asked."""
    sts_endpoint: Addresses
    """Another endpoint for AWS STS."""
    config: Text
    """The settings file; unset, the files of their usual places are read."""
