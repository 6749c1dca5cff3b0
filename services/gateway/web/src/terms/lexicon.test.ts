import { expect, test } from 'vitest';
import { keyOf, termFaults, withoutTopic, withTerm, withTopic } from './lexicon';

const content = {
  topics: [{ key: 'own.parking', name: 'Parking' }],
  terms: [{ phrase: 'new garage', kind: 'topic' as const, topic: 'own.parking' }, { phrase: 'Dr. Bee', kind: 'person' as const, name: 'Dr. Hall' }],
};

test('a key is made of the name, and is never one that is taken', () => {
  expect(keyOf('Parking & Garage', [])).toBe('own.parking_garage');
  expect(keyOf('Estación', [])).toBe('own.estacio_n');
  expect(keyOf('Parking', ['own.parking', 'own.parking_2'])).toBe('own.parking_3');
  expect(keyOf('  ☂  ', [])).toBe('');
  expect(keyOf('x'.repeat(80), [])).toMatch(/^own\.[a-z0-9]([a-z0-9_]{0,38}[a-z0-9])?$/);
});

test('a topic is renamed in place and goes with its terms', () => {
  expect(withTopic(content, { key: 'own.parking', name: 'Garage' }).topics).toEqual([{ key: 'own.parking', name: 'Garage' }]);
  expect(withoutTopic(content, 'own.parking')).toEqual({ topics: [], terms: [content.terms[1]] });
});

test('a term is tidied and put in its place', () => {
  expect(withTerm(content, { phrase: '  the   lot ', kind: 'ignore' }, 0).terms[0]).toMatchObject({ phrase: 'the lot', kind: 'ignore' });
  expect(withTerm(content, { phrase: 'lot', kind: 'ignore' }, null).terms).toHaveLength(3);
});

test('what is wrong is said by field', () => {
  expect(termFaults({ phrase: ' ', kind: 'topic' }, content, null)).toEqual({ phrase: 'Write the words.', topic: 'Choose the topic.' });
  expect(termFaults({ phrase: 'NEW  garage', kind: 'ignore' }, content, null)).toEqual({ phrase: 'These words are a term already.' });
  expect(termFaults({ phrase: 'New Garage', kind: 'ignore' }, content, 0)).toEqual({});
  expect(termFaults({ phrase: 'x', kind: 'person', name: ' ' }, content, null)).toEqual({ name: 'Say who it is.' });
  expect(termFaults({ phrase: 'é'.repeat(60), kind: 'ignore' }, content, null)).toEqual({ phrase: 'That is too long for a term.' });
});
