;; Sums of products, four float32 numbers at a time. docs/components.md says how multiply.wasm is made of it.
(module
  (import "page" "memory" (memory 1))

  ;; Four rows of weights, which begin at $a, $b, $c and $d, with each window from $window to $end; places and lengths are
  ;; in bytes. The four sums of one window after the other are stored from $sums on. $length is a multiple of 16.
  (func (export "multiply")
      (param $a i32) (param $b i32) (param $c i32) (param $d i32)
      (param $window i32) (param $end i32) (param $length i32) (param $sums i32)
    (local $i i32) (local $x v128) (local $p v128) (local $q v128) (local $r v128) (local $s v128)
    (loop $windows
      (local.set $i (i32.const 0))
      (local.set $p (v128.const f32x4 0 0 0 0))
      (local.set $q (local.get $p))
      (local.set $r (local.get $p))
      (local.set $s (local.get $p))
      (loop $numbers
        (local.set $x (v128.load (i32.add (local.get $window) (local.get $i))))
        (local.set $p (f32x4.add (local.get $p)
          (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $a) (local.get $i))))))
        (local.set $q (f32x4.add (local.get $q)
          (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $b) (local.get $i))))))
        (local.set $r (f32x4.add (local.get $r)
          (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $c) (local.get $i))))))
        (local.set $s (f32x4.add (local.get $s)
          (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $d) (local.get $i))))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br_if $numbers (i32.lt_u (local.get $i) (local.get $length))))
      (v128.store (local.get $sums)
        (call $halves (call $quarters (local.get $p) (local.get $q)) (call $quarters (local.get $r) (local.get $s))))
      (local.set $sums (i32.add (local.get $sums) (i32.const 16)))
      (local.set $window (i32.add (local.get $window) (local.get $length)))
      (br_if $windows (i32.lt_u (local.get $window) (local.get $end)))))

  ;; [p0 + p2, p1 + p3, q0 + q2, q1 + q3]
  (func $quarters (param $p v128) (param $q v128) (result v128)
    (f32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $p) (local.get $q))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $p) (local.get $q))))

  ;; [pq0 + pq1, pq2 + pq3, rs0 + rs1, rs2 + rs3]: the whole sums
  (func $halves (param $pq v128) (param $rs v128) (result v128)
    (f32x4.add
      (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $pq) (local.get $rs))
      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $pq) (local.get $rs)))))
