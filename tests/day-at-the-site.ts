/** For tests of what goes by the day at the site: none of them fails because that day ends while it runs. */

/** YYYYMMDD there, so many days from now. */
export function dayAt(timeZone: string, fromNow = 0): string {
  const today = new Date().toLocaleDateString('sv', { timeZone });
  return new Date(Date.parse(today) + fromNow * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
}

/** Does `work` again, from its beginning, when the day at the site ended meanwhile. */
export async function withinOneDay(timeZone: string, work: (today: string) => Promise<void>): Promise<void> {
  const today = dayAt(timeZone);
  try {
    await work(today);
  } catch (error) {
    if (dayAt(timeZone) === today) throw error;
    await work(dayAt(timeZone));
  }
}

/** A time zone in which it is noon: for what goes through many pages and is no test of days. Its name has the sign of POSIX. */
export function zoneOfNoon(): string {
  const ahead = 12 - new Date().getUTCHours();
  return `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}
