/**
 * Conversions between the time scales that differ by known amounts, with the roundings of ERFA.  UT1 needs measured Earth
 * rotation, TDB and TCB a planetary ephemeris: they are refused.
 */
import { InvalidQueryError } from '../errors.ts';
import { calendarDate, modifiedJulianDay } from './calendar.ts';
import { type JulianDate, julianDate, MJD_ZERO, SECONDS_PER_DAY } from './julian-date.ts';
import { taiMinusUtc } from './leap-seconds.ts';

/** In the order of conversion: each is one step from its neighbours. */
const SCALES = ['utc', 'tai', 'tt', 'tcg'] as const;
export type TimeScale = (typeof SCALES)[number];

const UNSUPPORTED_SCALES: ReadonlySet<string> = new Set(['ut1', 'tdb', 'tcb', 'local']);

/** TT - TAI in days. */
const TT_MINUS_TAI = 32.184 / SECONDS_PER_DAY;
/** The rate of TCG against TT less one, and the MJD at which they agreed (IAU 2000 resolution B1.9). */
const TCG_RATE = 6.969290134e-10;
const TCG_EPOCH_MJD = 43144 + TT_MINUS_TAI;

/** The time scale of a name in any case.  @throws InvalidQueryError if there is none or it cannot be converted. */
export function timeScale(name: string): TimeScale {
  const lower = name.toLowerCase();
  const scale = SCALES.find((known) => known === lower);
  if (scale === undefined) {
    throw new InvalidQueryError(
      UNSUPPORTED_SCALES.has(lower)
        ? `Times in scale '${lower}' cannot be converted here: give the time in tai, utc, tt or tcg.`
        : `There is no time scale '${name}': use tai, utc, tt or tcg.`,
    );
  }
  return scale;
}

/** A date in another scale. */
export function convertScale(date: JulianDate, from: TimeScale, to: TimeScale): JulianDate {
  if (from === to) {
    return date;
  }
  let { day, fraction } = date;
  const target = SCALES.indexOf(to);
  for (let at = SCALES.indexOf(from); at !== target;) {
    const up = at < target;
    [day, fraction] = STEPS[up ? at : at - 1]?.[up ? 'up' : 'down'](day, fraction) as [number, number];
    at += up ? 1 : -1;
  }
  return julianDate(day, fraction);
}

type Step = (day: number, fraction: number) => [number, number];

/** The conversions between neighbours of SCALES. */
const STEPS: readonly { readonly up: Step; readonly down: Step }[] = [
  { up: taiFromUtc, down: utcFromTai },
  { up: shift(TT_MINUS_TAI), down: shift(-TT_MINUS_TAI) },
  { up: tcgFromTt, down: ttFromTcg },
];

/** Adds days to the smaller of the two parts. */
function shift(by: number): Step {
  return (a, b) => (Math.abs(a) > Math.abs(b) ? [a, b + by] : [a + by, b]);
}

function ttFromTcg(a: number, b: number): [number, number] {
  return Math.abs(a) > Math.abs(b)
    ? [a, b - (a - MJD_ZERO + (b - TCG_EPOCH_MJD)) * TCG_RATE]
    : [a - (b - MJD_ZERO + (a - TCG_EPOCH_MJD)) * TCG_RATE, b];
}

function tcgFromTt(a: number, b: number): [number, number] {
  const rate = TCG_RATE / (1 - TCG_RATE);
  return Math.abs(a) > Math.abs(b)
    ? [a, b + (a - MJD_ZERO + (b - TCG_EPOCH_MJD)) * rate]
    : [a + (b - MJD_ZERO + (a - TCG_EPOCH_MJD)) * rate, b];
}

function taiFromUtc(a: number, b: number): [number, number] {
  const bigFirst = Math.abs(a) >= Math.abs(b);
  const [u1, u2] = bigFirst ? [a, b] : [b, a];
  const date = calendarDate(u1, u2);
  const start = taiMinusUtc(date, 0);
  const noon = taiMinusUtc(date, 0.5);
  const tomorrow = taiMinusUtc(calendarDate(u1 + 1.5, u2 - date.fraction), 0);
  // The seconds that UTC gains on TAI steadily during the day (before 1972) and by a leap at its end.
  const drift = 2 * (noon - start);
  const leap = tomorrow - (start + drift);
  let fraction = date.fraction;
  fraction *= (SECONDS_PER_DAY + leap) / SECONDS_PER_DAY;
  fraction *= (SECONDS_PER_DAY + drift) / SECONDS_PER_DAY;
  let rest = MJD_ZERO - u1;
  rest += modifiedJulianDay(date) ?? NaN;
  rest += fraction + start / SECONDS_PER_DAY;
  return bigFirst ? [u1, rest] : [rest, u1];
}

function utcFromTai(a: number, b: number): [number, number] {
  const bigFirst = Math.abs(a) >= Math.abs(b);
  const [t1, t2] = bigFirst ? [a, b] : [b, a];
  const u1 = t1;
  let u2 = t2;
  for (let i = 0; i < 3; i++) {
    const [g1, g2] = taiFromUtc(u1, u2);
    u2 += t1 - g1;
    u2 += t2 - g2;
  }
  return bigFirst ? [u1, u2] : [u2, u1];
}
