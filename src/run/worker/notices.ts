/** What is told of attempts at what a run must not have: as much as says something. */

const MOST_NOTICES = 100;
const LONGEST_NOTICE = 300;

/** The first notices, each the beginning of it: code that makes them can make any number, of any length. */
export function boundedNotices(tell: (what: string) => void): (what: string) => void {
  let left = MOST_NOTICES;
  return (what) => {
    if (left === 0) return;
    left -= 1;
    tell(what.slice(0, LONGEST_NOTICE));
  };
}
