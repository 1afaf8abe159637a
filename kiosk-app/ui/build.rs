// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiles the screens into Rust, with every translation and font inside:
//! the device has a read-only image and nothing to look up at run time.

use slint_build::{CompilerConfiguration, DefaultTranslationContext, EmbedResourcesKind};

/// Set by cargo for the feature `debug-info`.
const DEBUG_INFO: &str = "CARGO_FEATURE_DEBUG_INFO";

fn main() -> Result<(), slint_build::CompileError> {
    let configuration = CompilerConfiguration::new()
        .with_bundled_translations("../lang")
        .with_default_translation_context(DefaultTranslationContext::None)
        .embed_resources(EmbedResourcesKind::EmbedFiles)
        .with_debug_info(std::env::var_os(DEBUG_INFO).is_some());
    slint_build::compile_with_config("app-window.slint", configuration)
}
