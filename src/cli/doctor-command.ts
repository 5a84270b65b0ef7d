/** The command `thermograd doctor`. */
import { session } from '../terminal/session.js';
import { describeDiagnosis, diagnose } from './doctor.js';

/** Prints the diagnosis of this machine. */
export async function doctor(json: boolean): Promise<void> {
  await session(json, async (s) => {
    const diagnosis = await diagnose();
    s.result(diagnosis, describeDiagnosis(diagnosis));
  });
}
