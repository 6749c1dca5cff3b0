const two = (n: number) => String(n).padStart(2, '0');

/** The day of a time by this browser's clock, as a date field holds it. */
export function dayOf(at: string): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** When a day begins here. */
export const startOfDay = (day: string): string => new Date(`${day}T00:00:00`).toISOString();

/** When a day's last minute is here. */
export const endOfDay = (day: string): string => new Date(`${day}T23:59:00`).toISOString();
