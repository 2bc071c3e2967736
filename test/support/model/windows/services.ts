import type { Completed } from '../../../../src/lib/effect.ts';
import { no, ok } from '../answer.ts';
import type { Registry } from './registry.ts';

const KEY = 'HKLM\\SYSTEM\\CurrentControlSet\\Services';
const WORDS = ['', 'STOPPED', 'START_PENDING', 'STOP_PENDING', 'RUNNING'];
const DISABLED = '0x4';

interface Service {
  state: 1 | 2 | 3 | 4;
  /** How many looks the state that it is in lasts still, where it passes. */
  looks: number;
  starts: number;
}

/** The services of one computer, behind `sc`: as the registry has them, each in a state. */
export class WindowsServices {
  readonly #registry: Registry;
  readonly #services = new Map<string, Service>();

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#install('WazuhSvc', '"\\var\\ossec\\wazuh-agent.exe"', 'LocalSystem');
    this.#install(
      'MpsSvc',
      '%SystemRoot%\\system32\\svchost.exe -k LocalServiceNoNetwork',
      'NT Authority\\LocalService',
    );
    // An earlier product of another home, under another account.
    this.#install('OssecSvc', 'C:\\ossec\\ossec-agent.exe', '.\\Agent');
  }

  #install(name: string, image: string, account: string): void {
    const set = (value: string, type: string, data: string) =>
      this.#registry.set(`${KEY}\\${name}`, value, type, data);
    set('Type', 'REG_DWORD', '0x10');
    set('Start', 'REG_DWORD', '0x2');
    set('ImagePath', 'REG_EXPAND_SZ', image);
    set('ObjectName', 'REG_SZ', account);
    this.#services.set(name, { state: 4, looks: 0, starts: 1 });
  }

  sc(args: readonly string[]): Completed {
    const [verb, name = '', ...more] = args;
    const service = this.#services.get(name);
    if (!service || more.length > 0) return no(1060, '', failed('EnumQueryServicesStatus', 1060));
    if (verb === 'query') return this.#query(name, service);
    if (verb === 'stop') return this.#stop(name, service);
    if (verb === 'start') return this.#start(name, service);
    throw new Error(`the model has no sc ${verb}`);
  }

  #query(name: string, service: Service): Completed {
    const shown = table(name, service.state);
    if (service.looks > 0) service.looks -= 1;
    else if (service.state === 2) service.state = 4;
    else if (service.state === 3) service.state = 1;
    return ok(shown);
  }

  #stop(name: string, service: Service): Completed {
    if (service.state === 1) return no(1062, '', failed('ControlService', 1062));
    if (service.state !== 4) return no(1061, '', failed('ControlService', 1061));
    Object.assign(service, { state: 3, looks: 1 });
    return ok(table(name, service.state));
  }

  #start(name: string, service: Service): Completed {
    const start = this.#registry.values(`${KEY}\\${name}`).find((one) => one.name === 'Start');
    if (start?.data === DISABLED) return no(1058, '', failed('StartService', 1058));
    if (service.state !== 1) return no(1056, '', failed('StartService', 1056));
    Object.assign(service, { state: 2, looks: 1, starts: service.starts + 1 });
    return ok(table(name, service.state));
  }

  listing(): string {
    return [...this.#services]
      .map(([name, { state, starts }]) => `service ${name} ${WORDS[state]} started ${starts}\n`)
      .join('');
  }
}

const failed = (call: string, code: number) =>
  `[SC] ${call} FAILED ${code}:\r\n\r\nEin Fehler.\r\n`;

/** As on a Spanish Windows: what is read of it is in no language. */
const table = (name: string, state: number) =>
  [
    '',
    `NOMBRE_SERVICIO: ${name} `,
    '        TIPO               : 10  WIN32_OWN_PROCESS  ',
    `        ESTADO             : ${state}  ${WORDS[state]} `,
    '                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)',
    '        CÓD_SALIDA_WIN32   : 0  (0x0)',
    '        CÓD_SALIDA_SERVICIO: 0  (0x0)',
    '        PUNTO_COMPROB.     : 0x0',
    '        INDICACIÓN_INICIO  : 0x0',
    '',
  ].join('\r\n');
