;; Exceptions that cross frames, instances, loops and tail calls: locals keep what they had when
;; the exception left, and nothing of the frames between is left behind. lesson E17

(module $far
  (tag $e (export "e") (param i32 i64 f64)) (tag $none (export "none"))
  (func (export "throw") (param i32) (throw $e (local.get 0) (i64.const 5) (f64.const 2.5)))
  (func (export "nothing") (throw $none))
  (func (export "trap") (unreachable))
  (func $down (export "down") (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $none)))
    (call $down (i32.sub (local.get 0) (i32.const 1)))
    (nop)))
(register "far" $far)

(module
  (import "far" "e" (tag $e (param i32 i64 f64)))
  (import "far" "none" (tag $none))
  (import "far" "throw" (func $throw (param i32)))
  (import "far" "nothing" (func $nothing))
  (import "far" "trap" (func $trap))
  (import "far" "down" (func $down (param i32)))
  (tag $own (param i32))
  (global $g (mut i32) (i32.const 0))
  (memory 1)

  ;; Locals changed between the calls of a try: the handler sees the last change before the call
  ;; that threw.
  (func (export "locals") (param i32) (result i32) (local $a i32) (local $b i64) (local $c f64)
    (local.set $a (i32.const 1))
    (try
      (do
        (if (i32.eq (local.get 0) (i32.const 1)) (then (call $nothing)))
        (local.set $a (i32.const 2)) (local.set $b (i64.const 20)) (local.set $c (f64.const 200))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (call $nothing)))
        (local.set $a (i32.const 3)) (local.set $b (i64.const 30)) (local.set $c (f64.const 300))
        (if (i32.eq (local.get 0) (i32.const 3)) (then (call $nothing)))
        (local.set $a (i32.const 4)))
      (catch $none))
    (i32.add (local.get $a)
      (i32.add (i32.wrap_i64 (local.get $b)) (i32.trunc_f64_s (local.get $c)))))

  ;; The operands below a try are kept.
  (func (export "operands") (result i32)
    (i32.const 1000)
    (try (result i32) (do (call $throw (i32.const 7)) (i32.const 1))
      (catch $e (drop) (drop)))
    (i32.add))

  (func (export "values") (result f64) (local $f f64) (local $l i64)
    (try (result i32 i64 f64) (do (call $throw (i32.const 7)) (unreachable)) (catch $e))
    (local.set $f) (local.set $l)
    (f64.add (f64.convert_i32_s) (f64.add (local.get $f) (f64.convert_i64_s (local.get $l)))))

  ;; A million of them, all caught: what they hold must be given back.
  (func (export "many") (param i32) (result i32)
    (loop $next (result i32)
      (try (do (call $throw (local.get 0))) (catch $e (drop) (drop) (global.set $g)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $next (local.get 0))
      (global.get $g)))

  (func (export "deep") (param i32) (result i32)
    (try (result i32) (do (call $down (local.get 0)) (i32.const 0)) (catch $none (i32.const 1))))

  ;; A trap is no exception: catch_all does not see it.
  (func (export "trap") (result i32)
    (try (result i32) (do (call $trap) (i32.const 0)) (catch_all (i32.const 1))))
  (func (export "memory trap") (result i32)
    (try (result i32) (do (i32.load (i32.const 65536))) (catch_all (i32.const 1))))
  (func (export "divide trap") (param i32) (result i32)
    (try (result i32) (do (i32.div_s (i32.const 1) (local.get 0))) (catch_all (i32.const 1))))
  (func $endless (call $endless))
  (func (export "stack trap") (result i32)
    (try (result i32) (do (call $endless) (i32.const 0)) (catch_all (i32.const 1))))

  (func (export "uncaught") (call $throw (i32.const 1)))
  (func (export "wrong tag") (try (do (call $nothing)) (catch $e (drop) (drop) (drop))))
  (func (export "nested") (param i32) (result i32)
    (try (result i32)
      (do (try (result i32)
            (do (try (result i32)
                  (do (call $throw (local.get 0)) (i32.const 0))
                  (catch $e (drop) (drop) (throw $own))))
            (catch $own (throw $own (i32.add (i32.const 1))))))
      (catch $own)
      (catch_all (i32.const -1))))
  ;; A tail call leaves the frame, and its handlers.
  (func (export "tail") (result i32)
    (try (result i32) (do (call $leaves) (i32.const 0)) (catch_all (i32.const 2))))
  (func $leaves (try (do (return_call $nothing)) (catch_all)))
  (func (export "memory kept") (result i32)
    (try (do (i32.store (i32.const 0) (i32.const 42)) (call $nothing)) (catch_all))
    (i32.load (i32.const 0))))

(assert_return (invoke "locals" (i32.const 0)) (i32.const 334))
(assert_return (invoke "locals" (i32.const 1)) (i32.const 1))
(assert_return (invoke "locals" (i32.const 2)) (i32.const 222))
(assert_return (invoke "locals" (i32.const 3)) (i32.const 333))
(assert_return (invoke "operands") (i32.const 1007))
(assert_return (invoke "values") (f64.const 14.5))
(assert_return (invoke "many" (i32.const 300000)) (i32.const 1))
(assert_return (invoke "deep" (i32.const 0)) (i32.const 1))
(assert_return (invoke "deep" (i32.const 5000)) (i32.const 1))
(assert_trap (invoke "trap") "unreachable")
(assert_trap (invoke "memory trap") "out of bounds memory access")
(assert_trap (invoke "divide trap" (i32.const 0)) "integer divide by zero")
(assert_exhaustion (invoke "stack trap") "call stack exhausted")
(assert_exception (invoke "uncaught"))
(assert_exception (invoke "wrong tag"))
(assert_return (invoke "nested" (i32.const 5)) (i32.const 6))
(assert_return (invoke "tail") (i32.const 2))
(assert_return (invoke "memory kept") (i32.const 42))
