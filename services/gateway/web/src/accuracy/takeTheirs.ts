import type { Finding, Listing, Location, LocationPatch } from '../api/types';

/** Fields whose value on the site can be taken over as it is. */
const simple = { name: 'name', telephone: 'telephone', website: 'website' } as const;

/**
 * The change of a location's record that makes it say what the site says; undefined where that takes a person, as
 * with an address in one line, or where there is nothing to take.
 */
export function takeTheirs(finding: Finding, listing: Listing | undefined, location: Location): Omit<LocationPatch, 'rev'> | undefined {
  if (finding.kind !== 'differs' || !finding.theirs) return undefined;
  const { field } = finding;
  if (Object.hasOwn(simple, field)) return { [simple[field as keyof typeof simple]]: finding.theirs };
  if (field === 'accepts_new_patients') return { accepts_new_patients: finding.theirs === 'yes' };
  const address = field === 'address' ? listing?.facts?.address : undefined;
  if (address?.street && address.locality) return { address: { country: location.address?.country, ...address } };
  return undefined;
}

/** The change that puts a record back as it was. */
export function putBack(patch: Omit<LocationPatch, 'rev'>, before: Location): Omit<LocationPatch, 'rev'> {
  const back: Omit<LocationPatch, 'rev'> = {};
  if ('name' in patch) back.name = before.name;
  if ('telephone' in patch) back.telephone = before.telephone ?? '';
  if ('website' in patch) back.website = before.website ?? '';
  if ('accepts_new_patients' in patch) back.accepts_new_patients = before.accepts_new_patients ?? null;
  if ('address' in patch) back.address = before.address ?? {};
  if ('hours' in patch) back.hours = before.hours;
  if ('categories' in patch) back.categories = before.categories;
  return back;
}
