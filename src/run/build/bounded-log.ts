/** What a stage logs, as much as its owner can read: pipelines log as they like. */

/** The first lines, and the last ones, in which an error shows. */
const FIRST_LINES = 800;
const LAST_LINES = 200;

export class BoundedLog {
  readonly #write: (line: string) => Promise<void>;
  readonly #last: string[] = [];
  #count = 0;
  #written: Promise<unknown> = Promise.resolve();

  /** @param write a line that cannot be written is left out */
  constructor(write: (line: string) => Promise<void>) {
    this.#write = write;
  }

  add(line: string): void {
    this.#count += 1;
    if (this.#count <= FIRST_LINES) return this.#add(line);
    this.#last.push(line);
    if (this.#last.length > LAST_LINES) this.#last.shift();
  }

  /** Writes what is left; nothing is to be added any more. */
  async end(): Promise<void> {
    const leftOut = this.#count - FIRST_LINES - this.#last.length;
    if (leftOut > 0) this.#add(`… ${leftOut} lines are left out …`);
    for (const line of this.#last) this.#add(line);
    await this.#written;
  }

  #add(line: string): void {
    this.#written = this.#written.then(() => this.#write(line)).catch(() => undefined);
  }
}
