/** The loops of `kernels.ts` as WebAssembly text; `npm run build:kernels` makes `kernels-wasm.ts` of it. */

/** Values that share a scale: eight vectors of four. */
const VECTORS = 8;
const all = Array.from({ length: VECTORS }, (_, index) => index);
const lines = (items: readonly string[]): string => items.join('\n        ');

/** Four float32 of local `v` → codes 0..most as i32x4, in float64 as JavaScript computes. */
const codes = (v: number, offset: number, most: number): string => `
        (i32x4.min_s
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
            (i32x4.trunc_sat_f64x2_s_zero
              (f64x2.add (f64x2.mul (f64x2.promote_low_f32x4 (local.get $v${v})) (local.get $units)) (f64x2.splat (f64.const ${offset}))))
            (i32x4.trunc_sat_f64x2_s_zero
              (f64x2.add
                (f64x2.mul
                  (f64x2.promote_low_f32x4
                    (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v${v}) (local.get $v${v})))
                  (local.get $units))
                (f64x2.splat (f64.const ${offset})))))
          (i32x4.splat (i32.const ${most})))`;

/** Sixteen codes as bytes, from the vectors that begin with local `v`. */
const bytes = (v: number, offset: number, most: number): string => `
      (i8x16.narrow_i16x8_u
        (i16x8.narrow_i32x4_u ${codes(v, offset, most)} ${codes(v + 1, offset, most)})
        (i16x8.narrow_i32x4_u ${codes(v + 2, offset, most)} ${codes(v + 3, offset, most)}))`;

/** Pairs of codes below 16 in local `b` → one byte each, as i16x8. */
const pairs = (b: string): string => `
        (v128.or
          (v128.and (local.get $${b}) (i16x8.splat (i32.const 0x000f)))
          (v128.and (i16x8.shr_u (local.get $${b}) (i32.const 4)) (i16x8.splat (i32.const 0x00f0))))`;

/** The largest of a vector's four lanes, in every lane. */
const across = (name: string): string => `
      (local.set $${name} (i32x4.max_s (local.get $${name})
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $${name}) (local.get $${name}))))
      (local.set $${name} (i32x4.max_s (local.get $${name})
        (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $${name}) (local.get $${name}))))`;

const STORE = {
  4: `
      (local.set $low ${bytes(0, 8.5, 15)})
      (local.set $high ${bytes(4, 8.5, 15)})
      (v128.store (local.get $data) (i8x16.narrow_i16x8_u ${pairs('low')} ${pairs('high')}))`,
  8: `
      (v128.store (local.get $data) ${bytes(0, 128.5, 255)})
      (v128.store offset=16 (local.get $data) ${bytes(4, 128.5, 255)})`,
};

/** quantize{bits}(source float32, blocks, data, scales): blocks of 32, as `quantizeLinear` describes them. */
const quantize = (bits: 4 | 8): string => `
  (func $quantize${bits} (export "quantize${bits}") (param $source i32) (param $blocks i32) (param $data i32) (param $scales i32)
    (local $largest v128) (local $positive v128) (local $low v128) (local $high v128) (local $units v128)
    (local $pattern i32) (local $scale f32)
    ${all.map((v) => `(local $v${v} v128)`).join(' ')}
    (loop $next
      (if (i32.eqz (local.get $blocks)) (then (return)))
        ${lines(all.map((v) => `(local.set $v${v} (v128.load offset=${16 * v} (local.get $source)))`))}
      (local.set $largest (v128.const i32x4 0 0 0 0))
      (local.set $positive (v128.const i32x4 0 0 0 0))
        ${lines(
          all.map(
            (v) => `(local.set $largest (i32x4.max_s (local.get $largest)
          (v128.and (local.get $v${v}) (i32x4.splat (i32.const 0x7fffffff)))))
        (local.set $positive (i32x4.max_s (local.get $positive) (local.get $v${v})))`,
          ),
        )}
      ${across('largest')}
      ${across('positive')}
      (local.set $pattern (i32x4.extract_lane 0 (local.get $largest)))
      (local.set $scale (f32.mul
        (f32.reinterpret_i32 (i32.or (local.get $pattern)
          (select (i32.const 0) (i32.const 0x80000000)
            (i32.eq (local.get $pattern) (i32x4.extract_lane 0 (local.get $positive))))))
        (f32.const ${-(2 ** (1 - bits))})))
      (if (f32.eq (local.get $scale) (f32.const 0))
        (then
          (f32.store (local.get $scales) (f32.const 0))
          ${[...Array(bits / 4).keys()]
            .map(
              (k) =>
                `(v128.store offset=${16 * k} (local.get $data) (i8x16.splat (i32.const ${bits === 4 ? 0x88 : 0x80})))`,
            )
            .join('\n          ')})
        (else
          (f32.store (local.get $scales) (local.get $scale))
          (local.set $units (f64x2.splat (f64.div (f64.const 1) (f64.promote_f32 (local.get $scale)))))
          ${STORE[bits]}))
      (local.set $source (i32.add (local.get $source) (i32.const ${16 * VECTORS})))
      (local.set $data (i32.add (local.get $data) (i32.const ${4 * bits})))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (local.set $blocks (i32.sub (local.get $blocks) (i32.const 1)))
      (br $next)))`;

/** Four float32 of eight halves; `part` is low or high. What is not finite gets the whole exponent. */
const floats = (part: 'low' | 'high'): string => `
        (v128.or
          (v128.or
            (f32x4.mul
              (i32x4.shl (i32x4.extend_${part}_i16x8_u (local.get $magnitude)) (i32.const 13))
              (f32x4.splat (f32.const 0x1p112)))
            (i32x4.shl (i32x4.extend_${part}_i16x8_u (local.get $sign)) (i32.const 16)))
          (v128.and (i32x4.extend_${part}_i16x8_s (local.get $endless)) (i32x4.splat (i32.const 0x7f800000))))`;

/** halves(source, vectors of eight, target float32): exact; returns whether one is not finite. */
const HALVES = `
  (func $halves (export "halves") (param $source i32) (param $vectors i32) (param $target i32) (result i32)
    (local $bits v128) (local $magnitude v128) (local $sign v128) (local $endless v128) (local $broken v128)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $vectors)))
        (local.set $bits (v128.load (local.get $source)))
        (local.set $magnitude (v128.and (local.get $bits) (i16x8.splat (i32.const 0x7fff))))
        (local.set $sign (v128.xor (local.get $bits) (local.get $magnitude)))
        (local.set $endless (i16x8.ge_s (local.get $magnitude) (i16x8.splat (i32.const 0x7c00))))
        (local.set $broken (v128.or (local.get $broken) (local.get $endless)))
        (v128.store (local.get $target) ${floats('low')})
        (v128.store offset=16 (local.get $target) ${floats('high')})
        (local.set $source (i32.add (local.get $source) (i32.const 16)))
        (local.set $target (i32.add (local.get $target) (i32.const 32)))
        (local.set $vectors (i32.sub (local.get $vectors) (i32.const 1)))
        (br $next)))
    (v128.any_true (local.get $broken)))`;

export const KERNELS_TEXT = `(module
  (memory (export "memory") 3)
  ${HALVES}
  ${quantize(4)}
  ${quantize(8)})`;
