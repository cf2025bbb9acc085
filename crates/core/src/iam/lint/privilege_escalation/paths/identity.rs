//! Users, groups, roles and their policies.

use super::{On, Path, any, on, pass, path};

pub(super) const PATHS: &[Path] = &[
    path(
        "iam-create-policy-version",
        "writes a new default version of a policy that it has itself",
        &[on("iam:CreatePolicyVersion", On::AnyPolicy)],
    ),
    path(
        "iam-set-default-policy-version",
        "goes back to an older, wider version of a policy that it has itself",
        &[on("iam:SetDefaultPolicyVersion", On::AnyPolicy)],
    ),
    path(
        "iam-create-access-key",
        "makes an access key for a user with more rights",
        &[on("iam:CreateAccessKey", On::StrongerUser)],
    ),
    path(
        "iam-create-login-profile",
        "gives a user with more rights a password",
        &[on("iam:CreateLoginProfile", On::StrongerUser)],
    ),
    path(
        "iam-update-login-profile",
        "changes the password of a user with more rights",
        &[on("iam:UpdateLoginProfile", On::StrongerUser)],
    ),
    path(
        "iam-create-service-specific-credential",
        "makes a credential of a user with more rights for a service that takes them",
        &[on("iam:CreateServiceSpecificCredential", On::StrongerUser)],
    ),
    path(
        "iam-reset-service-specific-credential",
        "resets a credential of a user with more rights and reads the new one",
        &[on("iam:ResetServiceSpecificCredential", On::StrongerUser)],
    ),
    path(
        "iam-attach-user-policy",
        "attaches any policy to itself",
        &[on("iam:AttachUserPolicy", On::OwnUser)],
    ),
    path("iam-put-user-policy", "writes a policy into itself", &[on("iam:PutUserPolicy", On::OwnUser)]),
    path(
        "iam-attach-group-policy",
        "attaches any policy to a group it is in",
        &[on("iam:AttachGroupPolicy", On::AnyGroup)],
    ),
    path(
        "iam-put-group-policy",
        "writes a policy into a group it is in",
        &[on("iam:PutGroupPolicy", On::AnyGroup)],
    ),
    path(
        "iam-add-user-to-group",
        "joins a group with more rights",
        &[on("iam:AddUserToGroup", On::AnyGroup)],
    ),
    path(
        "iam-attach-role-policy",
        "attaches any policy to a role it runs as",
        &[on("iam:AttachRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-put-role-policy",
        "writes a policy into a role it runs as",
        &[on("iam:PutRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-update-assume-role-policy",
        "lets itself assume a role with more rights",
        &[on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path("sts-assume-role", "assumes any role that trusts the account", &[on("sts:AssumeRole", On::AnyRole)]),
    path(
        "iam-delete-user-permissions-boundary",
        "takes the boundary off itself",
        &[on("iam:DeleteUserPermissionsBoundary", On::OwnUser)],
    ),
    path(
        "iam-put-user-permissions-boundary",
        "replaces its own boundary by a wider one",
        &[on("iam:PutUserPermissionsBoundary", On::OwnUser)],
    ),
    path(
        "iam-delete-role-permissions-boundary",
        "takes the boundary off a role it runs as",
        &[on("iam:DeleteRolePermissionsBoundary", On::AnyRole)],
    ),
    path(
        "iam-put-role-permissions-boundary",
        "replaces the boundary of a role it runs as by a wider one",
        &[on("iam:PutRolePermissionsBoundary", On::AnyRole)],
    ),
    path(
        "iam-detach-user-policy",
        "detaches a policy that denies",
        &[on("iam:DetachUserPolicy", On::OwnUser)],
    ),
    path(
        "iam-delete-user-policy",
        "deletes an own policy that denies",
        &[on("iam:DeleteUserPolicy", On::OwnUser)],
    ),
    path(
        "iam-detach-role-policy",
        "detaches a policy that denies from a role it runs as",
        &[on("iam:DetachRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-delete-role-policy",
        "deletes a policy that denies from a role it runs as",
        &[on("iam:DeleteRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-update-saml-provider",
        "makes the account trust its own SAML provider",
        &[any("iam:UpdateSAMLProvider")],
    ),
    path(
        "iam-create-saml-provider",
        "adds a SAML provider of its own and lets a role trust it",
        &[any("iam:CreateSAMLProvider"), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-oidc-provider",
        "adds an OpenID Connect provider of its own and lets a role trust it",
        &[any("iam:CreateOpenIDConnectProvider"), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-role",
        "makes a role that trusts it and gives it any policy",
        &[on("iam:CreateRole", On::AnyRole), on("iam:AttachRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-role-inline",
        "makes a role that trusts it and writes a policy into it",
        &[on("iam:CreateRole", On::AnyRole), on("iam:PutRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-user",
        "makes a user with a key and any policy",
        &[
            on("iam:CreateUser", On::StrongerUser),
            on("iam:AttachUserPolicy", On::StrongerUser),
            on("iam:CreateAccessKey", On::StrongerUser),
        ],
    ),
    path(
        "iam-attach-user-policy-create-access-key",
        "attaches any policy to another user and makes its key",
        &[on("iam:AttachUserPolicy", On::StrongerUser), on("iam:CreateAccessKey", On::StrongerUser)],
    ),
    path(
        "iam-put-user-policy-create-access-key",
        "writes a policy into another user and makes its key",
        &[on("iam:PutUserPolicy", On::StrongerUser), on("iam:CreateAccessKey", On::StrongerUser)],
    ),
    path(
        "iam-delete-create-access-key",
        "makes room for a key of a user with more rights, and the key",
        &[on("iam:DeleteAccessKey", On::StrongerUser), on("iam:CreateAccessKey", On::StrongerUser)],
    ),
    path(
        "iam-attach-role-policy-assume-role",
        "attaches any policy to a role that it can assume",
        &[on("iam:AttachRolePolicy", On::AnyRole), on("sts:AssumeRole", On::AnyRole)],
    ),
    path(
        "iam-put-role-policy-assume-role",
        "writes a policy into a role that it can assume",
        &[on("iam:PutRolePolicy", On::AnyRole), on("sts:AssumeRole", On::AnyRole)],
    ),
    path(
        "iam-create-policy-version-assume-role",
        "widens the policy of a role that it can assume",
        &[on("iam:CreatePolicyVersion", On::AnyPolicy), on("sts:AssumeRole", On::AnyRole)],
    ),
    path(
        "iam-attach-role-policy-update-trust",
        "attaches any policy to a role and lets itself assume it",
        &[on("iam:AttachRolePolicy", On::AnyRole), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-put-role-policy-update-trust",
        "writes a policy into a role and lets itself assume it",
        &[on("iam:PutRolePolicy", On::AnyRole), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-create-policy-version-update-trust",
        "widens the policy of a role and lets itself assume it",
        &[on("iam:CreatePolicyVersion", On::AnyPolicy), on("iam:UpdateAssumeRolePolicy", On::AnyRole)],
    ),
    path(
        "iam-deactivate-mfa-login",
        "removes the second factor of a user with more rights and changes its password",
        &[on("iam:DeactivateMFADevice", On::StrongerUser), on("iam:UpdateLoginProfile", On::StrongerUser)],
    ),
    path(
        "rolesanywhere-create-profile",
        "makes a trust anchor of its own and a profile for a role with more rights",
        &[
            any("rolesanywhere:CreateTrustAnchor"),
            any("rolesanywhere:CreateProfile"),
            pass("rolesanywhere.amazonaws.com"),
        ],
    ),
    path(
        "sso-attach-managed-policy",
        "attaches any policy to a permission set that it has itself",
        &[any("sso:AttachManagedPolicyToPermissionSet"), any("sso:ProvisionPermissionSet")],
    ),
    path(
        "sso-put-inline-policy",
        "writes a policy into a permission set that it has itself",
        &[any("sso:PutInlinePolicyToPermissionSet"), any("sso:ProvisionPermissionSet")],
    ),
    path(
        "sso-create-account-assignment",
        "assigns itself to a permission set with more rights",
        &[any("sso:CreateAccountAssignment")],
    ),
    path(
        "cognito-set-identity-pool-roles",
        "hands a role with more rights to everybody in an identity pool",
        &[pass("cognito-identity.amazonaws.com"), any("cognito-identity:SetIdentityPoolRoles")],
    ),
];
