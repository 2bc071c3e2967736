import { newCommand } from '../src/cli/new.ts';
import { ActionError, exitCode } from '../src/lib/outcome.ts';

// `npm run new NAME` before there is a built `riposte` that could be asked.
try {
  process.exitCode = await newCommand.run(['new', ...process.argv.slice(2)], {
    actions: [],
    version: '',
  });
} catch (error) {
  if (!(error instanceof ActionError)) throw error;
  console.error(`new: ${error.message}`);
  process.exitCode = exitCode(error.kind);
}
