using Quern.Cli;
using Quern.Packaging.Sources;

// The master starts this program again to fetch one source, apart from itself and with limits.
if (args is [FetchProgram.Verb, .. var rest]) return await FetchProgram.RunAsync(rest, CancellationToken.None);
return await CommandTree.RunAsync(args, Terminal.OfProcess());
