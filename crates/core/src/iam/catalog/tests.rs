use super::*;

fn catalog() -> &'static Catalog {
    Catalog::bundled().unwrap()
}

#[test]
fn the_bundled_data_is_whole_and_dated() {
    let catalog = catalog();
    assert!(catalog.services().count() > 400);
    assert!(catalog.services().flat_map(Service::actions).count() > 20_000);
    assert_eq!(catalog.date().len(), "2026-09-26".len());
    for source in catalog.sources() {
        assert!(!source.date.is_empty() && !source.licence.is_empty(), "{source:?}");
    }
    assert!(BLOB.len() <= 300_000, "{} bytes", BLOB.len());
}

#[test]
fn an_action_is_known_with_all_that_it_takes() {
    let action = catalog().action("S3:getobject").unwrap();
    assert_eq!(action.full_name(), "s3:GetObject");
    assert_eq!(action.access_levels().collect::<Vec<_>>(), [AccessLevel::Read]);
    assert!(!action.is_wildcard_only());
    let arns: Vec<_> = action.resource_types().map(|(kind, _)| kind.arn()).collect();
    assert!(arns.contains(&"arn:${Partition}:s3:::${BucketName}/${ObjectName}"), "{arns:?}");
    assert!(action.condition_keys().any(|key| key == "s3:ExistingObjectTag/<key>"));
    assert!(action.may_have_key("s3:existingobjecttag/team"));
    assert!(action.may_have_key("aws:SourceIp") && !action.may_have_key("s3:prefix"));
    assert_eq!(catalog().action("s3:GetObjectt").map(Action::full_name), None);
    assert_eq!(catalog().action("GetObject").map(Action::full_name), None);
}

#[test]
fn actions_that_take_no_resource_are_told() {
    assert!(catalog().action("s3:ListAllMyBuckets").unwrap().is_wildcard_only());
    assert!(catalog().action("ec2:DescribeInstances").unwrap().is_wildcard_only());
}

#[test]
fn compound_access_levels_are_sets() {
    let tagging = catalog().action("sqs:TagQueue").unwrap();
    assert!(tagging.is(AccessLevel::Tagging));
    let granting = catalog().action("iam:AttachRolePolicy").unwrap();
    assert!(granting.is(AccessLevel::PermissionsManagement));
}

#[test]
fn dependent_actions_come_along() {
    let needs: Vec<_> = catalog().action("lambda:CreateFunction").unwrap().dependent_actions().collect();
    assert!(needs.contains(&"iam:PassRole"), "{needs:?}");
}

#[test]
fn every_service_is_found_by_its_prefix_and_every_action_by_its_name() {
    for service in catalog().services() {
        assert_eq!(catalog().service(service.prefix()).map(Service::name), Some(service.name()));
        for action in service.actions() {
            assert_eq!(
                service.action(action.name()).map(Action::row),
                Some(action.row()),
                "{}",
                action.full_name()
            );
        }
    }
}

#[test]
fn patterns_stand_for_what_they_match_whatever_their_case() {
    let names = |pattern| catalog().matching(pattern).map(Action::full_name).collect::<Vec<_>>();
    assert_eq!(
        names("sqs:*MessageB?tch"),
        ["sqs:DeleteMessageBatch", "sqs:SendMessageBatch"].map(String::from)[..0]
    );
    assert_eq!(names("S3:get*legalhold"), ["s3:GetObjectLegalHold"]);
    assert_eq!(names("*").len(), catalog().count());
    assert!(names("s?:PutObject").contains(&"s3:PutObject".to_owned()));
    assert_eq!(names("nothing:*"), [""; 0]);
}

#[test]
fn condition_keys_are_found_with_their_variable_part() {
    let kind = |name: &str| catalog().condition_key(name).map(ConditionKey::value_type);
    assert_eq!(kind("aws:sourceip"), Some("IPAddress"));
    assert_eq!(kind("aws:PrincipalTag/team"), Some("String"));
    assert_eq!(kind("aws:TagKeys"), Some("ArrayOfString"));
    assert_eq!(kind("s3:prefix"), Some("String"));
    assert_eq!(kind("aws:SourceIpp"), None);
    assert!(catalog().is_global("AWS:principalarn") && !catalog().is_global("s3:prefix"));
}

#[test]
fn a_wrong_name_has_a_nearest_one() {
    assert_eq!(catalog().nearest_action("s3:GetObjcet").as_deref(), Some("s3:GetObject"));
    assert_eq!(catalog().nearest_action("s33:GetObject").as_deref(), Some("s3:GetObject"));
    assert_eq!(catalog().nearest_action("xyzzyxyzzy:Plugh"), None);
    assert_eq!(catalog().nearest_key("aws:SourceIpp"), Some("aws:SourceIp"));
}

#[test]
fn damaged_data_is_an_error() {
    for cut in [0, 1, BLOB.len() / 2, BLOB.len() - 1] {
        assert!(Catalog::read(&BLOB[..cut]).is_err(), "{cut}");
    }
    let mut payload = crate::iam::stored::inflated(BLOB).unwrap();
    for at in [0, 1, 5, 20, payload.len() - 1] {
        let kept = payload[at];
        payload[at] = 0xff;
        let mut blob = u32::try_from(payload.len()).unwrap().to_le_bytes().to_vec();
        blob.extend(miniz_oxide::deflate::compress_to_vec(&payload, 1));
        // Whatever comes of it, it ends: an error, or names that are none of AWS's.
        let _read = Catalog::read(&blob);
        payload[at] = kept;
    }
}

#[test]
fn a_pattern_means_the_actions_that_fit_it_and_no_others() {
    let every = || catalog().services().flat_map(Service::actions);
    for pattern in [
        "*",
        "*:*",
        "s3:*",
        "S3:getobject*",
        "s3:GetObject",
        "s3:*Object",
        "s3:Get?bject",
        "*:Get*",
        "s3:",
        "s?:*s",
    ] {
        let fits =
            |name: &str| Pattern::of(&pattern.to_ascii_lowercase()).matches(&name.to_ascii_lowercase());
        let tried: Vec<_> = every().map(Action::full_name).filter(|name| fits(name)).collect();
        let told: Vec<_> = catalog().matching(pattern).map(Action::full_name).collect();
        assert_eq!(told, tried, "{pattern}");
    }
}
