using Quern.Storage.Tests;

// As the generated entry point, but the program can also be started as one of its own tests' child processes.
if (args.Length > 0 && args[0] == StoreChild.Verb)
    return await StoreChild.RunAsync(args);
if (args is [PostgresChild.Verb])
    return await PostgresChild.RunAsync();
if (args.Contains("--server") || args.Contains("--internal-msbuild-node"))
    return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
