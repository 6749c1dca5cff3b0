import { describe, expect, it } from 'vitest';
import { everything, extended, mostChosen, noSelection, toggled } from './selection';

const order = ['a', 'b', 'c', 'd', 'e'];
const ids = (selection: { ids: ReadonlySet<string> }) => [...selection.ids].sort().join('');

describe('selection', () => {
  it('chooses and lets go', () => {
    const one = toggled(noSelection, 'b');
    expect(ids(one)).toBe('b');
    expect(ids(toggled(one, 'b'))).toBe('');
  });

  it('takes a range in either direction, and keeps what was chosen', () => {
    const begun = toggled(toggled(noSelection, 'e'), 'c');
    expect(ids(extended(begun, 'a', order))).toBe('abce');
    expect(ids(extended(toggled(noSelection, 'b'), 'd', order))).toBe('bcd');
  });

  it('begins anew where the beginning is not in the list any more', () => {
    expect(ids(extended({ ids: new Set(['x']), anchor: 'x' }, 'b', order))).toBe('bx');
    expect(ids(extended(noSelection, 'b', order))).toBe('b');
  });

  it('takes no more than one action does', () => {
    const many = Array.from({ length: mostChosen + 20 }, (_, i) => String(i));
    const all = everything(many);
    expect(all.ids.size).toBe(mostChosen);
    expect(toggled(all, 'one more').ids.size).toBe(mostChosen);
    expect(extended({ ...all, anchor: '0' }, String(mostChosen + 10), many).ids.size).toBe(mostChosen);
  });
});
