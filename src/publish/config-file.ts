/** Files of `lsst.pex.config.Config`, which are Python that reading runs: those that only say what `Config.save` writes. */

/** Formatters that run the file as Python. */
export function runsConfig(formatter: string): boolean {
  return /\.PexConfigFormatter$/.test(formatter);
}

/** Most bytes of such a file that are looked through; one of a large pipeline task has some 200 kB. */
export const MOST_CONFIG_BYTES = 4 * 2 ** 20;

const NAME = String.raw`(?!__)[A-Za-z_]\w*`;
/** No module of the name of what is set. */
const DOTTED = `(?!config\\b)${NAME}(?:\\.${NAME})*`;
/** By the convention of the stack, with a capital: calling a class only makes one, and calling a function may do anything. */
const CLASS = String.raw`(?:${NAME}\.)+[A-Z]\w*`;
const STRING = String.raw`(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")`;
const NUMBER = String.raw`-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`;
const PATH = `config(?:\\.${NAME}|\\[(?:${STRING}|${NUMBER})\\])*`;
const IS_OF_TYPE = '{type(config).__module__}.{type(config).__name__}'.replaceAll(/[{}().]/g, '\\$&');

const LINES = [
  /^\s*(?:#.*)?$/,
  new RegExp(`^import ${DOTTED}$`),
  new RegExp(
    `^assert type\\(config\\) ?(?:is|==) ?${CLASS}, f?(["'])config is of type ${IS_OF_TYPE} instead of ${CLASS}\\1$`,
  ),
  new RegExp(`^${PATH}\\.retarget\\(target=${DOTTED}, ConfigClass=${CLASS}\\)$`),
  new RegExp(`^${PATH}=${CLASS}\\(\\)$`),
  new RegExp(`^${PATH}=float\\('(?:nan|-?inf)'\\)$`),
];
const ASSIGNMENT = new RegExp(`^${PATH}=(.*)$`);
const TOKEN = new RegExp(`\\s*(?:(${STRING}|${NUMBER}|None|True|False)|([[\\](){},:]))`, 'y');

/** Whether a file is nothing but imports, comments and values of fields, so that reading it does nothing else. */
export function isPlainConfig(text: string): boolean {
  // What ends a line for Python, also in a comment.
  return text.split(/\r\n|\r|\n/).every((line) => {
    if (LINES.some((form) => form.test(line))) return true;
    const [, value] = ASSIGNMENT.exec(line) ?? [];
    return value !== undefined && isLiteral(value);
  });
}

/** Whether a text has only constants, and brackets around them: whether these make sense is Python's to say. */
function isLiteral(text: string): boolean {
  TOKEN.lastIndex = 0;
  let wasConstant = false;
  let wasClosed = false;
  const open: string[] = [];
  for (const end = text.trimEnd().length; TOKEN.lastIndex < end;) {
    const [, constant, mark] = TOKEN.exec(text) ?? [];
    if (constant === undefined && mark === undefined) return false;
    // What opens after a value would index or call it.
    if ((wasConstant || wasClosed) && (constant !== undefined || '[({'.includes(mark!))) return false;
    wasConstant = constant !== undefined;
    wasClosed = mark !== undefined && ')]}'.includes(mark);
    if (mark !== undefined && '[({'.includes(mark)) open.push({ '[': ']', '(': ')', '{': '}' }[mark]!);
    if (wasClosed && open.pop() !== mark) return false;
  }
  return text.trim() !== '' && open.length === 0;
}
