// Data of the journeys. Persons are loaded into the BRP copy by `cims brp load`, so that every
// journey has its own people and none depends on another. All BSNs are test numbers (9999…).
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The eleven-test's check digit completes eight digits; some eight digits have none. */
export function bsn(serial) {
  const eight = `9999${String(serial).padStart(4, "0")}`;
  const sum = [...eight].reduce((total, digit, index) => total + Number(digit) * (9 - index), 0);
  const check = sum % 11;
  return check === 10 ? null : eight + check;
}
