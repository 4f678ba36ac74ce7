;; What tests/run-liar lies to: uses the world in all the ways that come down to a call of the gate,
;; and believes nothing. What it reads has a pattern, what it writes is always the same.
;; 42: all was well. 9: a wrong byte, a wrong sum, a clock that went back. 3: an error was told.
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek"
    (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $fd_sync (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept"
    (func $sock_accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv"
    (func $sock_recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send"
    (func $sock_send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown"
    (func $sock_shutdown (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 4)
  (data (i32.const 1024)
    "begin\0aclock\0arandom\0apoll\0asocket\0agrown\0afile\0asum\0aend\0areply\0adata")
  ;; 0: an iovec; 8: a count; 16, 24: times; 64: random; 128: subscriptions; 256: events;
  ;; 4096: what was read; 16384: what is written to the file.

  (func $must (param $errno i32)
    (if (local.get $errno) (then (call $exit (i32.const 3)))))
  (func $right (param $holds i32)
    (if (i32.eqz (local.get $holds)) (then (call $exit (i32.const 9)))))
  (func $span (param $at i32) (param $size i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $size)))

  (func $write (param $fd i32) (param $at i32) (param $size i32) (local $n i32)
    (loop $more
      (call $span (local.get $at) (local.get $size))
      (call $must (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $n (i32.load (i32.const 8)))
      (call $right (i32.le_u (local.get $n) (local.get $size)))
      (local.set $at (i32.add (local.get $at) (local.get $n)))
      (local.set $size (i32.sub (local.get $size) (local.get $n)))
      (br_if $more (local.get $size))))
  (func $say (param $at i32) (param $size i32)
    (call $write (i32.const 1) (i32.add (i32.const 1024) (local.get $at)) (local.get $size)))

  ;; Byte n of what is read from anywhere.
  (func $byte (param $n i32) (result i32)
    (i32.and (i32.const 255)
      (i32.add (i32.mul (local.get $n) (i32.const 7)) (i32.shr_u (local.get $n) (i32.const 8)))))
  (func $judge (param $from i32) (param $count i32) (local $i i32)
    (call $right (i32.le_u (local.get $count) (i32.const 4096)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
      (call $right (i32.eq (i32.load8_u (i32.add (i32.const 4096) (local.get $i)))
                           (call $byte (i32.add (local.get $from) (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    ;; Nothing behind what was said to be read may have changed.
    (loop $behind
      (if (i32.lt_u (local.get $i) (i32.const 6000)) (then
        (call $right (i32.eqz (i32.load8_u (i32.add (i32.const 4096) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $behind)))))
  (func $clear (local $i i32)
    (loop $next
      (i64.store (i32.add (i32.const 4096) (local.get $i)) (i64.const 0))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 6000)))))

  ;; All of stdin, judged and said again.
  (func $echo (local $total i32) (local $n i32)
    (block $end (loop $more
      (call $clear)
      (call $span (i32.const 4096) (i32.const 4096))
      (call $must (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $n (i32.load (i32.const 8)))
      (br_if $end (i32.eqz (local.get $n)))
      (call $judge (local.get $total) (local.get $n))
      (call $write (i32.const 1) (i32.const 4096) (local.get $n))
      (local.set $total (i32.add (local.get $total) (local.get $n)))
      (br $more))))

  (func $clocks (param $which i32) (local $i i32) (local $last i64)
    (loop $next
      (call $must (call $clock (local.get $which) (i64.const 1) (i32.const 16)))
      (call $right (i64.ge_u (i64.load (i32.const 16)) (local.get $last)))
      (local.set $last (i64.load (i32.const 16)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 10)))))

  (func $randoms
    (call $must (call $random (i32.const 64) (i32.const 32)))
    (call $right (i64.ne (i64.load (i32.const 64)) (i64.load (i32.const 72))))
    (call $right (i64.ne (i64.load (i32.const 80)) (i64.load (i32.const 88))))
    (call $right (i64.ne (i64.load (i32.const 64)) (i64.load (i32.const 88)))))

  ;; Waits for 2 ms, or until something can be read there: one event, and which.
  (func $wait (param $fd i32) (local $count i32)
    (i64.store (i32.const 128) (i64.const 11))
    (i32.store8 (i32.const 136) (i32.const 0))
    (i32.store (i32.const 144) (i32.const 1))
    (i64.store (i32.const 152) (i64.const 2000000))
    (i64.store (i32.const 160) (i64.const 1))
    (i64.store (i32.const 168) (i64.const 0))
    (i64.store (i32.const 176) (i64.const 22))
    (i32.store8 (i32.const 184) (i32.const 1))
    (i32.store (i32.const 192) (local.get $fd))
    (call $must (call $poll (i32.const 128) (i32.const 256)
      (select (i32.const 2) (i32.const 1) (local.get $fd)) (i32.const 8)))
    (local.set $count (i32.load (i32.const 8)))
    (call $right (i32.and (i32.ge_u (local.get $count) (i32.const 1))
                          (i32.le_u (local.get $count) (i32.const 2))))
    (call $right (i32.or (i64.eq (i64.load (i32.const 256)) (i64.const 11))
                         (i64.eq (i64.load (i32.const 256)) (i64.const 22)))))

  (func $socket (local $fd i32) (local $total i32) (local $n i32)
    (call $wait (i32.const 4))
    (call $must (call $sock_accept (i32.const 4) (i32.const 0) (i32.const 8)))
    (local.set $fd (i32.load (i32.const 8)))
    (call $wait (local.get $fd))
    (block $end (loop $more
      (call $clear)
      (call $span (i32.const 4096) (i32.const 1000))
      (call $must (call $sock_recv (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 0)
        (i32.const 8) (i32.const 12)))
      (local.set $n (i32.load (i32.const 8)))
      (br_if $end (i32.eqz (local.get $n)))
      (call $judge (local.get $total) (local.get $n))
      (local.set $total (i32.add (local.get $total) (local.get $n)))
      (br $more)))
    (call $right (i32.eq (local.get $total) (i32.const 3000)))
    (call $span (i32.const 1074) (i32.const 6))
    (call $must (call $sock_send (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 0)
      (i32.const 8)))
    (call $right (i32.eq (i32.load (i32.const 8)) (i32.const 6)))
    (call $must (call $sock_shutdown (local.get $fd) (i32.const 2)))
    (call $must (call $fd_close (local.get $fd))))

  ;; 48 MiB more than the keep starts with: zero, and then what is put there.
  (func $grow (local $at i32) (local $end i32) (local $sum i64)
    (local.set $at (i32.mul (memory.grow (i32.const 768)) (i32.const 65536)))
    (if (i32.lt_s (local.get $at) (i32.const 0)) (then (call $exit (i32.const 3))))
    (local.set $end (i32.add (local.get $at) (i32.const 50331648)))
    (loop $next
      (call $right (i64.eqz (i64.load (local.get $at))))
      (i64.store (local.get $at) (i64.extend_i32_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 8192)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $at (i32.sub (local.get $end) (i32.const 50331648)))
    (loop $next
      (call $right (i64.eq (i64.load (local.get $at)) (i64.extend_i32_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8192)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))

  ;; A file of the volume: written, synced, read again.
  (func $file (local $fd i32) (local $i i32)
    (loop $next
      (i32.store8 (i32.add (i32.const 16384) (local.get $i)) (call $byte (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 3000))))
    (call $must (call $path_open (i32.const 3) (i32.const 0) (i32.const 1080) (i32.const 4)
      (i32.const 9) (i64.const 0x1fffffff) (i64.const 0) (i32.const 0) (i32.const 8)))
    (local.set $fd (i32.load (i32.const 8)))
    (call $write (local.get $fd) (i32.const 16384) (i32.const 3000))
    (call $must (call $fd_sync (local.get $fd)))
    (call $must (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 0) (i32.const 16)))
    (call $clear)
    (call $span (i32.const 4096) (i32.const 4096))
    (call $must (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $right (i32.eq (i32.load (i32.const 8)) (i32.const 3000)))
    (call $judge (i32.const 0) (i32.const 3000))
    (call $must (call $fd_close (local.get $fd))))

  ;; In general registers, and in the wide ones: 1000003 * k summed, both ways.
  (func $sum (param $rounds i32) (local $i i32) (local $a i64) (local $v v128) (local $w v128)
    (local.set $w (v128.const i64x2 1000003 2000006))
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $a (i64.add (local.get $a)
        (i64.mul (i64.const 1000003) (i64.extend_i32_u (local.get $i)))))
      (local.set $v (i64x2.add (local.get $v) (local.get $w)))
      (local.set $w (i64x2.add (local.get $w) (v128.const i64x2 1000003 2000006)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $rounds))))
    (call $right (i64.eq (local.get $a) (i64x2.extract_lane 0 (local.get $v))))
    (call $right (i64.eq (i64.shl (local.get $a) (i64.const 1))
                         (i64x2.extract_lane 1 (local.get $v))))
    (call $right (i64.eq (local.get $a) (i64.mul (i64.const 1000003) (i64.shr_u
      (i64.mul (i64.extend_i32_u (local.get $rounds))
               (i64.add (i64.extend_i32_u (local.get $rounds)) (i64.const 1))) (i64.const 1))))))

  (func (export "_start")
    (call $say (i32.const 0) (i32.const 6))
    (call $echo)
    (call $clocks (i32.const 1))
    (call $clocks (i32.const 0))
    (call $say (i32.const 6) (i32.const 6))
    (call $randoms)
    (call $say (i32.const 12) (i32.const 7))
    (call $wait (i32.const 0))
    (call $say (i32.const 19) (i32.const 5))
    (call $socket)
    (call $say (i32.const 24) (i32.const 7))
    (call $grow)
    (call $say (i32.const 31) (i32.const 6))
    (call $file)
    (call $say (i32.const 37) (i32.const 5))
    (call $sum (i32.const 200000))
    (call $say (i32.const 42) (i32.const 4))
    (call $say (i32.const 46) (i32.const 4))
    (call $exit (i32.const 42)))

  ;; For interrupts: nothing but arithmetic, for a while; then a clock and a word.
  (func (export "compute") (local $n i32)
    (loop $next
      (call $sum (i32.const 2000000))
      (call $say (i32.const 42) (i32.const 4))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $n) (i32.const 120))))
    (call $clocks (i32.const 1))
    (call $exit (i32.const 42))))
