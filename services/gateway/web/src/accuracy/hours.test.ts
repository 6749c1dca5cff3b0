import { expect, test } from 'vitest';
import { byDay, dayFault, joinDays } from './hours';

test('hours of the record become a line for each day, and back', () => {
  const hours = ['Mo-Th 08:00-12:00', 'Mo-Th 13:00-17:00', 'Fr 08:00-12:00'];
  const days = byDay(hours);
  expect(days).toEqual(['08:00-12:00, 13:00-17:00', '08:00-12:00, 13:00-17:00', '08:00-12:00, 13:00-17:00', '08:00-12:00, 13:00-17:00', '08:00-12:00', '', '']);
  expect(joinDays(days ?? [])).toEqual(hours);
});

test('days go over the end of the week', () => {
  expect(byDay(['Sa-Mo 10:00-14:00'])).toEqual(['10:00-14:00', '', '', '', '', '10:00-14:00', '10:00-14:00']);
});

test('hours in another form are not taken apart', () => {
  expect(byDay(['weekdays 8 to 5'])).toBeNull();
});

test('a day is read as people write it', () => {
  expect(joinDays(['8:00 - 17.30', '', '', '', '', '', ''])).toEqual(['Mo 08:00-17:30']);
  expect(dayFault('')).toBeUndefined();
  expect(dayFault('8:00-12:00,13:00-17:00')).toBeUndefined();
  for (const wrong of ['8-5', 'closed', '08:00', '25:00-26:00', '08:00-08:00', '8:00-12:00;13:00-17:00']) expect(dayFault(wrong), wrong).toBeDefined();
});
