import type { DecoderFile } from './decoding.ts';
import { osRegex } from './expression.ts';

// What the managers' own decoders ask for, as far as it concerns this log.
const SHELL = osRegex(
  String.raw`^\w\w\w \w+\s+\d+ \d\d:\d\d:\d\d \p*\w+ \d+ /\S+/active-response/bin/|^\w\w\w \d\d/\d\d/\d\d\d\d \.+"active-response/bin/|^\d\d/\d\d/\d\d\d\d \.+"active-response/bin/`,
);
const JSON_LINE = osRegex(String.raw`^\d\d\d\d/\d\d/\d\d \d\d:\d\d:\d\d active-response/bin/\S+: `);

/** It has no anchor: words inside a line are enough. */
const API: DecoderFile = {
  file: '0007-wazuh-api_decoders.xml',
  decoders: [
    {
      name: 'wazuh-api',
      prematch: /[\s]\d+:\d+:\d+\s\w+:\s\w+\s\d+.\d+.\d+.\d+/,
      json: false,
    },
  ],
};

const RESPONSES = '0010-active-response_decoders.xml';
const shell = { name: 'ar_log', prematch: SHELL, json: false };
const parent = { name: 'ar_log_json', prematch: JSON_LINE };

/** The decoders of the managers, by version. Before 4.2 there were only those of the scripts. */
export const STOCK: Readonly<Record<string, readonly DecoderFile[]>> = {
  '4.0 and 4.1': [{ file: RESPONSES, decoders: [shell] }],
  '4.2 and 4.3': [API, { file: RESPONSES, decoders: [shell, { ...parent, json: true }] }],
  '4.4 to 4.14': [
    API,
    {
      file: RESPONSES,
      decoders: [
        shell,
        { ...parent, json: false },
        { name: 'ar_log_json_child', parent: parent.name, prematch: JSON_LINE, json: true },
      ],
    },
  ],
};

/** Where the rule stands that all rules without a parent hang below; it must be read before them. */
export const FIRST_RULES = '0010-rules_config.xml';

/** The next file of stock rules. */
export const NEXT_RULES = '0015-ossec_rules.xml';
