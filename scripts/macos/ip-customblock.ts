import { defineAction, flagFile, srcip } from '../../src/lib/index.ts';

export default defineAction({
  // The name of this file, of the program, and of the `<executable>` in the manager's configuration.
  name: 'ip-customblock',
  aliases: ['ip-customblock.sh'],
  // For --help, and for the log: `203.0.113.7 is marked in /ipblock`.
  summary: 'Creates the empty file /ipblock/ADDRESS for whatever program reads that folder.',
  // What it takes, and how to see that it worked: for --help and the README.
  needs: 'a program of yours that reads /ipblock, and a root folder that can be written to',
  proof: 'ls /ipblock',
  states: { held: 'is marked in /ipblock', lifted: 'is no longer marked in /ipblock' },
  // What it needs of the alert. Here `ip` is an address already, and never `../../etc/passwd`.
  fields: { ip: srcip },
  // What the agent tells one block from another by, so that each is undone in its time.
  keys: ({ ip }) => [ip.text],
  // The ways to do it, best first. Here is one.
  backends: ({ ip }) => {
    const flag = flagFile('/ipblock', ip.text);
    return [
      {
        name: 'file',
        longest: 0, // Seconds after which it ends by itself: never; the agent's delete ends it.
        lock: flag.path, // No two runs do this at once.
        record: true,
        persistent: true, // An empty file has no room for a mark, so that whose it is stands on record.
        effects: [],
        memory: {
          what: flag.path,
          // See it, and say when it holds: whoever made the file, the address is marked.
          look: flag.look,
          holds: (state) => state === 'present',
          // Make it; the library looks again afterwards, and answers the agent only then.
          make: () => [flag.create],
          // What was there before we came: that goes on record, and the last holder restores it.
          former: (now, recorded) => recorded ?? now,
          // Undo it: a file that was there before stays, and one that is gone is gone.
          restore: (former, now) => (former === 'absent' && now === 'present' ? [flag.remove] : []),
          // For dry runs, and for who wants to lift what is not ours.
          usual: { former: 'absent', made: 'present' },
          lift: { tool: 'rm', args: [flag.path] },
        },
      },
    ];
  },
});
