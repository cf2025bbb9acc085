//! A call to AWS that is refused, as an SDK client's interceptor sees it.

use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut, Input, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use leasekey::VaultCredentialsProvider;

/// Sends a call signed with this key through the healing interceptor; AWS answers with this code.
///
/// # Errors
/// What the interceptor says.
pub fn refuses(
    provider: &VaultCredentialsProvider,
    access_key_id: &str,
    region: &str,
    code: &str,
) -> Result<(), String> {
    let heal = provider.heal();
    let components = RuntimeComponentsBuilder::for_tests().build().map_err(|error| error.to_string())?;
    let mut config = ConfigBag::base();
    let mut call = InterceptorContext::new(Input::erase(()));
    call.enter_serialization_phase();
    call.take_input();
    call.set_request(signed(access_key_id, region));
    call.enter_before_transmit_phase();
    let sent = BeforeTransmitInterceptorContextRef::from(&call);
    heal.read_before_transmit(&sent, &components, &mut config).map_err(|error| error.to_string())?;
    call.enter_transmit_phase();
    call.take_request();
    let body = SdkBody::from(format!("<Error><Code>{code}</Code></Error>"));
    call.set_response(HttpResponse::new(403.try_into().map_err(|_| "no status")?, body));
    call.enter_before_deserialization_phase();
    let mut ended = FinalizerInterceptorContextMut::from(&mut call);
    heal.modify_before_attempt_completion(&mut ended, &components, &mut config)
        .map_err(|error| error.to_string())
}

fn signed(access_key_id: &str, region: &str) -> HttpRequest {
    let mut request = HttpRequest::empty();
    let scope = format!("{access_key_id}/20260101/{region}/s3/aws4_request");
    let value = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    request.headers_mut().insert("authorization", value);
    request
}
