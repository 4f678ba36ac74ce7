// Counts the lines, words and bytes of a file and names its commonest words.
// AssemblyScript has no file interface of its own: this calls WASI's.
import { fd_read, path_open, oflags, lookupflags, rights } from "@assemblyscript/wasi-shim/assembly/bindings/wasi_snapshot_preview1";

function read(path: string): Uint8Array {
  const name = String.UTF8.encode(path);
  const opened = memory.data(4);
  const error = path_open(3, lookupflags.SYMLINK_FOLLOW, changetype<usize>(name), name.byteLength, 0, rights.FD_READ, 0, 0, opened);
  if (error != 0) {
    process.stderr.write("cannot read the file\n");
    process.exit(1);
  }
  const vector = memory.data(8);
  const got = memory.data(4);
  let text = new Uint8Array(0);
  const part = new Uint8Array(65536);
  let size: u32 = 1;
  while (size != 0) {
    store<usize>(vector, part.dataStart);
    store<usize>(vector, part.length, 4);
    if (fd_read(load<u32>(opened), vector, 1, got) != 0) process.exit(1);
    size = load<u32>(got);
    const longer = new Uint8Array(text.length + size);
    longer.set(text);
    longer.set(part.subarray(0, size), text.length);
    text = longer;
  }
  return text;
}

const text = read(process.argv[1]);
const counts = new Map<string, i32>();
let lines = 0, total = 0, word = "";
for (let i = 0; i <= text.length; i++) {
  const c = i < text.length ? text[i] : 0;
  if (c == 10) lines++;
  const lower = c | 32;
  if (c != 0 && lower >= 97 && lower <= 122) {
    if (word.length < 31) word += String.fromCharCode(lower);
  } else if (word.length > 0) {
    counts.set(word, (counts.has(word) ? counts.get(word) : 0) + 1);
    total++;
    word = "";
  }
}
const kinds = counts.keys();
kinds.sort((a, b) => {
  const more = counts.get(b) - counts.get(a);
  return more != 0 ? more : a < b ? -1 : 1;
});
process.stdout.write(lines.toString() + " lines, " + total.toString() + " words, " + text.length.toString() + " bytes\n");
for (let i = 0; i < kinds.length && i < 3; i++) process.stdout.write(counts.get(kinds[i]).toString() + " " + kinds[i] + "\n");
