/** Allocation of 16-byte aligned addresses in one WebAssembly memory; nothing is freed before the memory as a whole. */
import { InputError } from '../numeric/errors.js';

/** The largest memory that a 32-bit module can address, in bytes. */
const WASM_LIMIT = 65536 * 65536;

/** Allocates from a rising address in one WebAssembly memory, and gives views of it. */
export class Arena {
  private next: number;
  /** @param base - first free address, after the kernel's own constants (`heapBase()`) */
  constructor(
    readonly memory: WebAssembly.Memory,
    base: number,
  ) {
    this.next = Math.max(1024, Math.ceil(base / 16) * 16); // address 0 means "none" to the kernels
  }

  /**
   * Reserves `bytes` (rounded up to 16), zeroed, and returns their address. Growth may detach earlier views, so take
   * views after the last call.
   * @throws InputError when the memory would exceed 4 GiB; `what` names the purpose in its sentence
   */
  take(bytes: number, what: string): number {
    const at = this.next;
    this.next += Math.ceil(bytes / 16) * 16 + 64; // spare: row kernels may touch a few vectors past an end
    if (this.next > WASM_LIMIT)
      throw new InputError(
        'too-large',
        `${what} needs ${(bytes / 2 ** 30).toFixed(2)} GiB, which with the memory already in use exceeds the 4 GiB that a kernel can address; use fewer samples or a smaller batch.`,
      );
    const missing = this.next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65536));
    return at;
  }

  /** Returns `length` float32 numbers at an address as a view; likewise the methods below. */
  f32(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }
  f64(at: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, length);
  }
  u32(at: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, at, length);
  }
  u16(at: number, length: number): Uint16Array {
    return new Uint16Array(this.memory.buffer, at, length);
  }
  u8(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length);
  }
}
