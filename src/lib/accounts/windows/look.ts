import { type Asked, type Command, type Completed, unexpected } from '../../effect.ts';
import { ActionError } from '../../outcome.ts';
import { windows } from '../../windows/command-line.ts';
import { type Account, spelled } from './account.ts';

/** What the agent's service is called, in all its generations. */
const SERVICES = ['WazuhSvc', 'OssecSvc'];

const ADMINISTRATORS = 'S-1-5-32-544';

// What the tools of Windows print for people is in its language; this prints numbers and words of our own.
// There is no double quote in it, so that it is one word on whatever command line. Members of the group
// are told by their paths, which end with the computer and the name where they are of this computer: to
// ask each of them would ask its domain. One of them is there always, which shows that this works.
const SCRIPT = [
  `$ErrorActionPreference='Stop'`,
  // Otherwise the caller's own modules come before the system's, and his commands by the same names.
  `$env:PSModulePath=$PSHOME+'\\Modules'`,
  `$ProgressPreference='SilentlyContinue'`,
  `$m=[Environment]::MachineName`,
  `'machine='+([int[]][char[]]$m -join ',')`,
  `$r=(Get-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions').ProductType`,
  `'role='+$r`,
  `if($j){try{'domain='+(Get-CimInstance Win32_ComputerSystem).DomainRole}catch{}}`,
  `$u=@()`,
  `if($r -ne 'LanmanNT'){$l=@(Get-LocalUser);$u=@($l|Where-Object{[string]::Equals($_.Name,$n,'OrdinalIgnoreCase')})}`,
  [
    `if($u.Count -eq 1){$s=$u[0].SID.Value`,
    `'sid='+$s`,
    `'enabled='+[int]$u[0].Enabled`,
    `$g=[ADSI]('WinNT://'+$m+'/'+(Get-LocalGroup -SID '${ADMINISTRATORS}').Name+',group')`,
    `$p=@(@($g.psbase.Invoke('Members'))|ForEach-Object{[string]$_.GetType().InvokeMember('ADsPath','GetProperty',$null,$_,$null)})`,
    `$a=@($l|Where-Object{$e='/'+$m+'/'+$_.Name;@($p|Where-Object{$_.EndsWith($e,'OrdinalIgnoreCase')}).Count -gt 0})`,
    `'known='+@($a|Where-Object{$_.SID.Value.EndsWith('-500')}).Count`,
    `'administrator='+@($a|Where-Object{$_.SID.Value -eq $s}).Count`,
    `'others='+@($a|Where-Object{$_.Enabled -and $_.SID.Value -ne $s}).Count`,
    `$o=@(${SERVICES.map((name) => `'${name}'`).join(',')}|ForEach-Object{(Get-ItemProperty ('HKLM:\\SYSTEM\\CurrentControlSet\\Services\\'+$_) -ErrorAction SilentlyContinue).ObjectName}|Where-Object{$_}|ForEach-Object{$_.Split('\\')[-1]})`,
    `'agent='+[int](@($o|Where-Object{[string]::Equals($_,$n,'OrdinalIgnoreCase')}).Count -gt 0)}`,
  ].join(';'),
  `'end='+$u.Count`,
].join(';');

/** A name as the script is told it: numbers alone, which no quoting can turn into anything else. */
const numbers = (name: string): string =>
  Array.from({ length: name.length }, (_, at) => name.charCodeAt(at)).join(',');

/**
 * Looks at an account of this computer, in one process; `joined` asks also whether the computer belongs
 * to a domain, which takes longer.
 */
export function lookAt(name: string, joined: boolean): Asked<string> {
  const script = `$n=-join[char[]]@(${numbers(name)});$j=$${joined};${SCRIPT}`;
  const command = windows(
    'powershell',
    '-NoLogo',
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    script,
  );
  return { command, read: (completed) => read(command, completed) };
}

const LINE = /^(?<key>[a-z]+)=(?<value>[\w,-]*)$/;
// In the order of `Win32_ComputerSystem.DomainRole`: alone, in a domain; those above keep one.
const CONTROLLER = 4;

function read(command: Command, completed: Completed): string {
  const lines = completed.stdout.split(/\r?\n/).map((line) => LINE.exec(line.trim())?.groups ?? {});
  const facts = new Map(lines.map(({ key = '', value = '' }) => [key, value]));
  const count = (key: string) => numberIn(facts.get(key));
  const end = count('end');
  const role = facts.get('role');
  const machine = textIn(facts.get('machine') ?? '');
  if (completed.exitCode !== 0 || end === undefined || !role || machine === '') {
    throw untold(command, completed);
  }
  if (end > 1) throw new ActionError('tool-failed', 'Windows knows two accounts of that name');
  const domain = count('domain');
  const account = end === 1 ? accountIn(facts) : undefined;
  if (end === 1 && account === undefined) throw untold(command, completed);
  return spelled({
    machine,
    controller: role === 'LanmanNT' || (domain ?? 0) >= CONTROLLER,
    ...(domain !== undefined && { joined: domain % 2 === 1 || domain >= CONTROLLER }),
    ...(account && { account }),
  });
}

/** The error for an answer that does not tell; its script would only hide what it said. */
function untold({ tool }: Command, completed: Completed): ActionError {
  return unexpected({ tool, args: [], spelled: `${tool}, asked about the account,` }, completed);
}

function accountIn(facts: ReadonlyMap<string, string>): Account | undefined {
  const sid = facts.get('sid') ?? '';
  const flags = ['enabled', 'administrator', 'agent'].map((key) => facts.get(key) ?? '');
  const others = numberIn(facts.get('others'));
  if (!/^S(?:-\d+){3,}$/.test(sid) || others === undefined) return undefined;
  if (facts.get('known') !== '1') {
    const text = 'Windows does not tell who its administrators are, so that nobody is disabled';
    throw new ActionError('tool-failed', text);
  }
  if (!flags.every((flag) => /^[01]$/.test(flag))) return undefined;
  const [enabled, administrator, agent] = flags.map((flag) => flag === '1');
  return { sid, enabled: !!enabled, administrator: !!administrator, others, agent: !!agent };
}

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;

const textIn = (codes: string): string =>
  /^\d+(?:,\d+)*$/.test(codes) ? String.fromCharCode(...codes.split(',').map(Number)) : '';
