//! LIT's client, where it can be fetched from.

/// The wheel that holds LIT's own client, in [`saliency_lit::WHEEL_FILES`].
pub const LIT_WHEEL: saliency_hub::Wheel = saliency_hub::Wheel {
    project: "lit-nlp",
    version: saliency_lit::CLIENT.version,
    file: "lit_nlp-1.3.1-py3-none-any.whl",
    sha256: "a904081b1588c79a480acbc09fa64a30973821082e6d05c4c04c03409fffee29",
    bytes: 11_842_736,
};
