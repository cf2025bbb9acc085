//! Tells the linker what a library that Node loads needs.

fn main() {
    napi_build::setup();
    // The last worker that loaded the library unloads it when it ends, while our threads run in it. macOS never unloads
    // a library that has thread-locals.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
