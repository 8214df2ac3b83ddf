import { badPickle as bad, PickleBytes } from './pickle-bytes.ts';

/**
 * A reader of the part of Python's pickle format that checkpoints use (protocols 2 to 4). It builds plain
 * data and never runs anything: names of Python functions stay names, and their calls stay unperformed.
 */
export type Pickled =
  | string
  | number
  | boolean
  | null
  | { readonly kind: 'list'; readonly items: Pickled[] }
  | { readonly kind: 'dict'; readonly entries: Map<Pickled, Pickled> }
  /** A Python name, for example "torch._utils._rebuild_tensor_v2". */
  | { readonly kind: 'global'; readonly name: string }
  /** A call of a name with arguments, as written. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Pickled[] }
  /** A reference to something outside the pickle. */
  | { readonly kind: 'reference'; readonly id: Pickled };

type StackValue = Pickled | typeof MARK;
const MARK = Symbol('mark');

/** Decodes one pickle. Throws AppError 'bad-checkpoint' for an operation that checkpoints do not use. */
export function readPickle(bytes: Uint8Array): Pickled {
  const reader = new PickleBytes(bytes);
  const stack: StackValue[] = [];
  const memo = new Map<number, Pickled>();

  const pop = (): Pickled => {
    const value = stack.pop();
    if (value === undefined || value === MARK) throw bad('its stack is out of order');
    return value;
  };
  const popToMark = (): Pickled[] => {
    const from = stack.lastIndexOf(MARK);
    if (from < 0) throw bad('its stack is out of order');
    const values = stack.splice(from).slice(1);
    return values.filter((value) => value !== MARK);
  };
  const list = (items: Pickled[]): Pickled => ({ kind: 'list', items });
  const last = (count: number): Pickled => list(Array.from({ length: count }, pop).reverse());
  const setItems = (items: readonly Pickled[]): void => {
    const target = dictOf(stack.at(-1));
    for (let index = 0; index + 1 < items.length; index += 2) {
      target.set(items[index] ?? null, items[index + 1] ?? null);
    }
  };
  const append = (items: readonly Pickled[]): void => {
    const target = stack.at(-1);
    if (!isObject(target) || target.kind !== 'list') throw bad('it adds to something that is no list');
    target.items.push(...items);
  };
  const global = (name: string): Pickled => ({ kind: 'global', name });
  const call = (args: Pickled, callee: Pickled): Pickled => {
    if (!isObject(callee) || callee.kind !== 'global' || !isObject(args) || args.kind !== 'list') {
      throw bad('it calls something that has no name');
    }
    if (callee.name === 'collections.OrderedDict') return { kind: 'dict', entries: new Map() };
    return { kind: 'call', name: callee.name, args: args.items };
  };
  const remember = (index: number): void => {
    const value = stack.at(-1);
    if (value === undefined || value === MARK) throw bad('its stack is out of order');
    memo.set(index, value);
  };
  const recall = (index: number): Pickled => {
    const value = memo.get(index);
    if (value === undefined) throw bad(`it recalls ${index}, which it never kept`);
    return value;
  };

  for (;;) {
    const code = reader.uint8();
    switch (String.fromCharCode(code)) {
      case '.':
        return pop();
      case '\x80': // PROTO
        reader.advance(1);
        break;
      case '\x95': // FRAME
        reader.advance(8);
        break;
      case '(':
        stack.push(MARK);
        break;
      case '0':
        pop();
        break;
      case '}':
        stack.push({ kind: 'dict', entries: new Map() });
        break;
      case ']':
      case ')':
        stack.push(list([]));
        break;
      case 't':
      case 'l':
        stack.push(list(popToMark()));
        break;
      case '\x85':
        stack.push(last(1));
        break;
      case '\x86':
        stack.push(last(2));
        break;
      case '\x87':
        stack.push(last(3));
        break;
      case 's': {
        const items = [pop(), pop()].reverse();
        setItems(items);
        break;
      }
      case 'u':
        setItems(popToMark());
        break;
      case 'a':
        append([pop()]);
        break;
      case 'e':
        append(popToMark());
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'K':
        stack.push(reader.uint8());
        break;
      case 'M':
        stack.push(reader.uint16());
        break;
      case 'J':
        stack.push(reader.int32());
        break;
      case '\x8a':
        stack.push(reader.long(reader.uint8()));
        break;
      case 'G':
        stack.push(reader.float64());
        break;
      case '\x8c':
        stack.push(reader.text(reader.uint8()));
        break;
      case 'X':
        stack.push(reader.text(reader.uint32()));
        break;
      case 'c': {
        const module = reader.line();
        stack.push(global(`${module}.${reader.line()}`));
        break;
      }
      case '\x93': {
        const [name, module] = [pop(), pop()];
        if (typeof name !== 'string' || typeof module !== 'string') throw bad('a name in it is no text');
        stack.push(global(`${module}.${name}`));
        break;
      }
      case 'Q':
        stack.push({ kind: 'reference', id: pop() });
        break;
      case 'R':
      case '\x81':
        stack.push(call(pop(), pop()));
        break;
      case 'b': // BUILD: attributes such as a state dict's _metadata, which are not weights.
        pop();
        break;
      case 'q':
        remember(reader.uint8());
        break;
      case 'r':
        remember(reader.uint32());
        break;
      case '\x94':
        remember(memo.size);
        break;
      case 'h':
        stack.push(recall(reader.uint8()));
        break;
      case 'j':
        stack.push(recall(reader.uint32()));
        break;
      default:
        throw bad(`it uses operation 0x${code.toString(16)}, which no checkpoint needs`);
    }
  }
}

function isObject(
  value: StackValue | undefined,
): value is Exclude<Pickled, string | number | boolean | null> {
  return typeof value === 'object' && value !== null;
}

function dictOf(value: StackValue | undefined): Map<Pickled, Pickled> {
  if (!isObject(value) || value.kind !== 'dict') throw bad('it sets an item of something that is no dict');
  return value.entries;
}
