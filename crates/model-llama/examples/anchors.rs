//! Scratch.
use saliency_attribution::{Generation, LanguageModel};
use saliency_checkpoint::Load;
use saliency_model_llama::Checkpoint;
use tch::{Kind, Tensor};
fn peak() -> String {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    s.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" ")
}
fn main() {
    let start = std::time::Instant::now();
    println!("before: {}", peak());
    let _ = Tensor::from_slice(&[1.0f32]);
    println!("libtorch: {}", peak());
    let path = std::env::args().nth(1).unwrap();
    let kind = if std::env::args().nth(2).as_deref() == Some("f64") {
        Kind::Double
    } else if std::env::args().nth(2).as_deref() == Some("bf16") {
        Kind::BFloat16
    } else {
        Kind::Float
    };
    let t = std::time::Instant::now();
    let c = Checkpoint::open_gguf(&path, &Load::new().kind(kind)).unwrap();
    println!("loaded in {:?}; {}; {:?}", t.elapsed(), peak(), c.warnings);
    println!("cpu {}", std::fs::read_to_string("/proc/self/stat").unwrap().split(' ').skip(13).take(2).collect::<Vec<_>>().join(" "));
    if std::env::args().nth(3).is_some() { return; }
    for (ids, words) in [
        (vec![504u32, 3575, 282, 4649, 314], vec![" Paris", " the", " London"]),
        (vec![1, 4093, 198, 1780, 314, 216, 34, 27, 34, 47, 2, 198, 1, 520, 9531, 198], vec!["The", "To"]),
    ] {
        let e = c.model.embed(&ids).unwrap().unsqueeze(0);
        let l = c.model.logits(&e, ids.len(), 0..ids.len()).unwrap().to_kind(Kind::Double).squeeze_dim(0);
        for w in words {
            let id = c.tokenizer.encode(w, saliency_schema::Kind::Input, 0).unwrap()[0].id;
            println!("{w:?} {id}: {:.4}", l.double_value(&[ids.len() as i64 - 1, id as i64]));
        }
        let n = ids.len() as i64;
        let t = Tensor::from_slice(&ids[1..].iter().map(|&i| i as i64).collect::<Vec<_>>());
        let nll = l.narrow(0, 0, n - 1).cross_entropy_for_logits(&t);
        println!("NLL {:.4}", nll.double_value(&[]));
    }
    let mut first = None;
    let _ = c
        .generate_with("The capital of France is", &Generation::greedy(12), &mut |id| {
            if first.is_none() {
                first = Some(start.elapsed());
            }
            print!("{}", String::from_utf8_lossy(&c.tokenizer.bytes_of(id)));
            true
        })
        .unwrap();
    println!("\nfirst token after {:?}; {}", first, peak());
    println!("{:?}", c.model.sha256());
}
