// The V8 side of fuzz/differential: node node-run.mjs MODULE... prints what each export gives.
import { readFileSync } from 'node:fs';

const classes = [
  [/unreachable/, 'unreachable'], [/memory access out of bounds/, 'memory'], [/divide by zero|remainder by zero/, 'divide'],
  [/divide result unrepresentable/, 'convert'], [/unrepresentable in integer range/, 'convert'],
  [/table index is out of bounds|null function|signature mismatch/, 'indirect'],
  [/table.*out of bounds|out of bounds.*table|element segment/, 'table'], [/Maximum call stack/, 'stack'],
];
for (const path of process.argv.slice(2)) {
  const lines = [];
  try {
    const module = new WebAssembly.Module(readFileSync(path));
    const imports = {};
    for (const i of WebAssembly.Module.imports(module)) (imports[i.module] ??= {})[i.name] = () => {};
    const instance = new WebAssembly.Instance(module, imports);
    for (const [name, f] of Object.entries(instance.exports)) {
      if (typeof f !== 'function' || f.length !== 0) continue;
      try {
        const v = f();
        if (v === undefined) lines.push(name);
        else lines.push(`${name} ${typeof v === 'bigint' ? 'i64:' + BigInt.asUintN(64, v) : 'i32:' + (v >>> 0)}`);
      } catch (why) {
        const found = classes.find(([pattern]) => pattern.test(String(why.message)));
        lines.push(`${name} trap:${found ? found[1] : why.message}`);
      }
    }
  } catch (why) {
    lines.push(`refused: ${why.message}`);
  }
  console.log(`# ${path}`);
  for (const line of lines) console.log(line);
}
