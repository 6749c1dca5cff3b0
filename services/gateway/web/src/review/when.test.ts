import { describe, expect, it } from 'vitest';
import { fieldMoment, fieldValue, localTime, promiseTimes, snoozeTimes } from './when';

const iso = (at: number) => new Date(at).toISOString();
const chicago = 'America/Chicago';

describe('snoozeTimes', () => {
  it('are mornings of the place', () => {
    // A Tuesday, 10:10 in Chicago.
    const times = snoozeTimes(Date.parse('2026-03-03T16:10:00Z'), chicago);
    expect(times.map((t) => [t.name, iso(t.at)])).toEqual([
      ['Later today', '2026-03-03T19:15:00.000Z'],
      ['Tomorrow', '2026-03-04T15:00:00.000Z'],
      ['Next week', '2026-03-09T14:00:00.000Z'], // the clocks change between
    ]);
  });
  it('offer nothing late in the evening, and a Monday a week ahead on a Monday', () => {
    const times = snoozeTimes(Date.parse('2026-03-03T04:30:00Z'), chicago); // Monday 22:30
    expect(times.map((t) => t.name)).toEqual(['Tomorrow', 'Next week']);
    expect(times.map((t) => iso(t.at))).toEqual(['2026-03-03T15:00:00.000Z', '2026-03-09T14:00:00.000Z']);
  });
  it('run over the end of a year', () => {
    expect(snoozeTimes(Date.parse('2026-12-31T23:30:00Z'), 'UTC').map((t) => iso(t.at))).toEqual(['2027-01-01T09:00:00.000Z', '2027-01-04T09:00:00.000Z']);
  });
});

describe('promiseTimes', () => {
  it('names Friday unless that is tomorrow', () => {
    expect(promiseTimes(Date.parse('2026-03-03T16:00:00Z'), 'UTC').map((t) => [t.name, iso(t.at)])).toEqual([
      ['Tomorrow', '2026-03-04T17:00:00.000Z'],
      ['Friday', '2026-03-06T17:00:00.000Z'],
      ['In a week', '2026-03-10T17:00:00.000Z'],
    ]);
    expect(promiseTimes(Date.parse('2026-03-05T16:00:00Z'), 'UTC').map((t) => t.name)).toEqual(['Tomorrow', 'In a week']);
    expect(iso(promiseTimes(Date.parse('2026-03-06T16:00:00Z'), 'UTC')[1]?.at ?? 0)).toBe('2026-03-13T17:00:00.000Z');
  });
});

describe('fields for date and time', () => {
  it.each([chicago, 'Asia/Kolkata', 'UTC', 'Pacific/Auckland'])('go there and back in %s', (zone) => {
    for (const at of ['2026-03-08T05:00:00Z', '2026-03-08T12:00:00Z', '2026-07-01T00:15:00Z', '2026-11-01T18:00:00Z']) {
      const moment = Date.parse(at);
      expect(fieldMoment(fieldValue(moment, zone), zone)).toBe(moment);
    }
  });
  it('name nothing when empty', () => expect(fieldMoment('', 'UTC')).toBeUndefined());
  it('take an unknown zone for UTC', () => expect(localTime(0, 'Not/There').hour).toBe(0));
});
