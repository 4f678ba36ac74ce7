// Runs one WASI command under V8, as a speed peer: node node-wasi.mjs FOLDER MODULE [ARGUMENT...]
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { WASI } from 'node:wasi';

const [folder, path, ...rest] = process.argv.slice(2);
const options = { args: [basename(path), ...rest], preopens: { '.': folder, '/': folder }, env: {}, returnOnExit: true };
const module = new WebAssembly.Module(readFileSync(path));
const old = WebAssembly.Module.imports(module).some((i) => i.module === 'wasi_unstable');
const wasi = new WASI({ version: old ? 'unstable' : 'preview1', ...options });
// Kept reachable: this Node frees it while it is still in use.
globalThis.keep = wasi;
const imports = old ? { wasi_unstable: wasi.wasiImport } : { wasi_snapshot_preview1: wasi.wasiImport };
const instance = new WebAssembly.Instance(module, imports);
globalThis.keepInstance = instance;
const code = wasi.start(instance) ?? 0;
process.reallyExit(code);
