# One of our programs, from its source to its output. Sourced by ./quickstart.
# shellcheck shell=bash
say "a program of ours, from C: examples/wordcount/wordcount.c"
show clang-19 --target=wasm32-wasi -O2 -o "$demo/wordcount.wasm" examples/wordcount/wordcount.c
show_run examples/wordcount/tower.expected \
    build/broch run --time --dir examples/wordcount::.:ro "$demo/wordcount.wasm" tower.txt
