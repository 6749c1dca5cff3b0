import { expect, test } from 'vitest';
import type { ReviewDetail } from '../api/types';
import { backTo, withFlag, withTopic } from './corrections';

const review = {
  rev: 4,
  overall: 'negative',
  urgent: ['privacy'],
  tags: [
    { topic: 'billing', polarity: 'negative', evidence: [{ start: 0, end: 4, quote: 'fees', rule: 'billing.price' }] },
    { topic: 'own.parking', polarity: 'positive', evidence: [] },
  ],
} as unknown as ReviewDetail;

test('another polarity replaces the topic, and a new topic is added', () => {
  expect(withTopic(review, 'billing', 'mixed')).toEqual([{ topic: 'own.parking', polarity: 'positive' }, { topic: 'billing', polarity: 'mixed' }]);
  expect(withTopic(review, 'facility', 'positive')).toHaveLength(3);
});

test('a topic that is not spoken of is left out', () => {
  expect(withTopic(review, 'own.parking', 'absent')).toEqual([{ topic: 'billing', polarity: 'negative' }]);
});

test('a flag is turned over', () => {
  expect(withFlag(review, 'privacy')).toEqual([]);
  expect(withFlag(review, 'legal_threat')).toEqual(['privacy', 'legal_threat']);
});

test('the way back says what was there, of the review as it is now', () => {
  const now = { ...review, rev: 5, tags: [], urgent: [] } as ReviewDetail;
  expect(backTo(review, now)).toEqual({
    rev: 5, overall: 'negative', urgent: ['privacy'],
    tags: [{ topic: 'billing', polarity: 'negative' }, { topic: 'own.parking', polarity: 'positive' }],
  });
});
