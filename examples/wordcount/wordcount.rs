// Counts the lines, words and bytes of a file and names its commonest words.
use std::collections::BTreeMap;

fn main() {
    let path = std::env::args().nth(1).expect("the name of a file");
    let text = std::fs::read(&path).unwrap_or_else(|why| {
        eprintln!("{}: {}", path, why);
        std::process::exit(1);
    });
    let lines = text.iter().filter(|&&b| b == b'\n').count();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut total = 0;
    for word in text.split(|b| !b.is_ascii_alphabetic()).filter(|w| !w.is_empty()) {
        let word: String = word.iter().take(31).map(|b| b.to_ascii_lowercase() as char).collect();
        *counts.entry(word).or_default() += 1;
        total += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1));
    println!("{} lines, {} words, {} bytes", lines, total, text.len());
    for (word, count) in sorted.iter().take(3) {
        println!("{} {}", count, word);
    }
}
