/** Reading the first lines of a file here, to offer its columns by name; the server reads the file itself. */
export type Field = 'text' | 'rating' | 'author' | 'posted_at' | 'external_id';

export const fields: Field[] = ['text', 'rating', 'author', 'posted_at', 'external_id'];

export const fieldWords: Record<Field, string> = {
  text: 'Text',
  rating: 'Rating',
  author: 'Author',
  posted_at: 'Posted',
  external_id: 'Id on the site',
};

/** Names that exports of review sites use for a field, as compared by `plain`. */
const usual: Record<Field, string[]> = {
  text: ['text', 'comment', 'comments', 'review', 'reviewtext', 'reviewbody', 'body', 'content', 'message', 'feedback', 'description'],
  rating: ['rating', 'stars', 'starrating', 'score', 'ratingvalue', 'overallrating', 'reviewrating'],
  author: ['author', 'reviewer', 'reviewername', 'authorname', 'name', 'username', 'customer', 'customername', 'patient', 'displayname'],
  posted_at: ['postedat', 'date', 'posted', 'reviewdate', 'createdat', 'created', 'datepublished', 'publishedat', 'createtime', 'timestamp', 'submitted', 'dateposted'],
  external_id: ['externalid', 'id', 'reviewid', 'sourceid', 'uniqueid'],
};

const plain = (name: string) => name.normalize('NFKC').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** The beginning of a file as text; understands the byte order marks spreadsheets write. */
export function decodeStart(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

/** True where the first character says that each line is a JSON object. */
export function looksLikeJSONLines(start: string): boolean {
  return start.trimStart().startsWith('{');
}

/** The names in the first line of a CSV file, whatever separates them; empty where it holds no line. */
export function csvColumns(start: string): string[] {
  const text = start.replace(/^\ufeff/, '');
  const names = [',', ';', '\t'].map((separator) => firstRow(text, separator)).sort((a, b) => b.length - a.length)[0] ?? [];
  return [...new Set(names.map((name) => name.trim()).filter((name) => name !== '' && name.length <= 200))].slice(0, 200);
}

function firstRow(text: string, separator: string): string[] {
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quoted) {
      if (c !== '"') name += c;
      else if (text.charAt(i + 1) === '"') {
        name += '"';
        i++;
      } else quoted = false;
    } else if (c === '"' && name === '') quoted = true;
    else if (c === separator) {
      names.push(name);
      name = '';
    } else if (c === '\n' || c === '\r') break;
    else name += c;
  }
  if (name || names.length) names.push(name);
  return names;
}

export type Mapping = Partial<Record<Field, string>>;

/** The likeliest column for each field; each column serves one field. */
export function guessMapping(columns: readonly string[]): Mapping {
  const mapping: Mapping = {};
  const taken = new Set<string>();
  for (const field of fields) {
    for (const wanted of usual[field]) {
      const column = columns.find((name) => plain(name) === wanted && !taken.has(name));
      if (!column) continue;
      mapping[field] = column;
      taken.add(column);
      break;
    }
  }
  return mapping;
}

/** True where a column's name can be written in a mapping: commas and equals signs separate there. */
export const nameable = (column: string) => !/[,=]/.test(column);

/** A mapping as the API takes it; fields whose column already has the field's own name need no word. */
export function columnsParameter(mapping: Mapping): string | undefined {
  const pairs = fields.flatMap((field) => {
    const column = mapping[field];
    return column && column !== field ? [`${field}=${column}`] : [];
  });
  return pairs.length ? pairs.join(',') : undefined;
}

/** A name for a site as the API takes it, out of what somebody typed or out of a page's address. */
export function siteKey(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
}

/** The site a page's address belongs to: the name before the ending of its host. */
export function siteOfURL(address: string): string {
  try {
    const labels = new URL(address).hostname.split('.').filter((label) => label !== 'www');
    if (/^\d+$/.test(labels.at(-1) ?? '') || labels.length < 2) return siteKey(labels[0] ?? '');
    // Two short endings, as in co.uk, are one.
    const ending = (labels.at(-1)?.length ?? 0) === 2 && (labels.at(-2)?.length ?? 9) <= 3 && labels.length > 2 ? 2 : 1;
    return siteKey(labels.at(-1 - ending) ?? '');
  } catch {
    return '';
  }
}
