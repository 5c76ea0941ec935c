/** What people write into requests, checked before anything is done. */
import { SatelliteError } from '../butler/errors.ts';
import { isGlob } from '../butler/glob.ts';
import type { SubmitPublication } from './service.ts';

/** As a satellite's. */
const PACK_NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const LONGEST_TITLE = 200;
/** Also line breaks: a list has a line for each publication. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const LONGEST_TEXT = 20_000;

/** @throws SatelliteError BAD_USER_INPUT */
export function checkedRequest(request: SubmitPublication): SubmitPublication {
  const { collections, search, title, upload, satellite } = request;
  const wrong = (message: string) => new SatelliteError('BAD_USER_INPUT', message);
  if (collections.length === 0) throw wrong('"collections" is empty: name at least one.');
  const glob = collections.find((name) => isGlob(name));
  if (glob !== undefined) throw wrong(`"collections" takes names, and '${glob}' is a pattern.`);
  if (title.trim() === '' || title.length > LONGEST_TITLE || CONTROL.test(title)) {
    throw wrong(`"title" must be one line of 1 to ${LONGEST_TITLE} characters.`);
  }
  if (upload !== undefined && search)
    throw wrong('"search" is for what is in a satellite: a zip has what was chosen for it.');
  if (upload !== undefined && !PACK_NAME.test(satellite)) {
    throw wrong(
      '"satellite" is what the source of the zip is to be called, such as "laptop": up to 64 of a-z, 0-9, ".", "_" and "-".',
    );
  }
  checkedText('description', request.description);
  checkedText('licence', request.licence);
  const other = search?.collections.find((name) => !collections.includes(name));
  if (other !== undefined) throw wrong(`"search" goes through '${other}', which is not among "collections".`);
  return { ...request, collections: [...new Set(collections)] };
}

/** @throws SatelliteError BAD_USER_INPUT */
export function checkedText(name: string, text: string | null): string | null {
  if (text === null || text.length <= LONGEST_TEXT) return text;
  throw new SatelliteError('BAD_USER_INPUT', `"${name}" is longer than ${LONGEST_TEXT} characters.`);
}
