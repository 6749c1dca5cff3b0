import { expect, test } from 'vitest';
import { filled, inserted, variableFault, variablesIn } from './variables';

test('a variable goes where the cursor is and takes the place of what is selected', () => {
  expect(inserted('Call  now', 5, 5, 'phone')).toEqual({ text: 'Call {{phone}} now', cursor: 14 });
  expect(inserted('Call us', 5, 7, 'phone')).toEqual({ text: 'Call {{phone}}', cursor: 14 });
});

test('variables that are unknown or broken are named', () => {
  const known = ['phone', 'practice'];
  expect(variablesIn('{{phone}} {{ practice }} {{phone}}')).toEqual(['phone', 'practice']);
  expect(variableFault('Call {{phone}}.', known)).toBe('');
  expect(variableFault('Call {{fax}}.', known)).toContain('{{fax}}');
  expect(variableFault('Call {{phone}.', known)).not.toBe('');
});

test('a text is filled in once: what an example holds is not filled in again', () => {
  expect(filled('{{practice}} {{phone}} {{other}}', { practice: '{{phone}}', phone: '555-0100' })).toBe('{{phone}} 555-0100 {{other}}');
});
