;; Runs until it is stopped; keeps a count at address 8.
(module
  (memory (export "memory") 1)
  (func $inner (param i32) (result i32)
    (i32.add (i32.const 1) (i32.load (i32.const 8))))
  (func (export "_start") (local $n i32)
    (loop $more
      (local.set $n (call $inner (local.get $n)))
      (i32.store (i32.const 8) (local.get $n))
      (br $more))))
