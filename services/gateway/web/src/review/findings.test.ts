import { expect, test } from 'vitest';
import { piecesOf } from './findings';

test('the text is cut at the findings, by bytes', () => {
  expect(piecesOf('é Thanks, Ana', [{ start: 11, end: 14, severity: 'block' }])).toEqual([{ text: 'é Thanks, ', severity: undefined }, { text: 'Ana', severity: 'block' }]);
});

test('where findings lie over each other the gravest counts', () => {
  const pieces = piecesOf('abcdef', [{ start: 0, end: 4, severity: 'warn' }, { start: 2, end: 6, severity: 'block' }]);
  expect(pieces).toEqual([{ text: 'ab', severity: 'warn' }, { text: 'cd', severity: 'block' }, { text: 'ef', severity: 'block' }]);
});

test('a finding that does not fit the text marks nothing', () => {
  expect(piecesOf('abc', [{ start: 2, end: 40, severity: 'block' }])).toEqual([{ text: 'abc', severity: undefined }]);
});
