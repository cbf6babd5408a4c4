// Starts devgen's language server for YAML files, and shows its answers in VS Code.

const { window, workspace, commands } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

/** @type {LanguageClient | undefined} */
let client;

/** Start the server that the settings name. An error says what to install. */
async function start() {
  const [command, ...args] = workspace.getConfiguration('devgen').get('command', ['devgen', 'lsp']);
  const run = { command, args };
  const watcher = workspace.createFileSystemWatcher('**/*.{yaml,yml}');
  client = new LanguageClient('devgen', 'devgen', run, {
    documentSelector: [{ language: 'yaml' }],
    synchronize: { fileEvents: watcher },
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    window.showErrorMessage(
      `devgen: '${[command, ...args].join(' ')}' does not start (${error.message}). Install it with ` +
        "pip install 'devgen[lsp]', or name its path in the setting devgen.command.",
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function restart() {
  await stop();
  await start();
}

/** @param {import('vscode').ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand('devgen.restart', restart),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('devgen.command')) {
        restart();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
