using Quern.Scenarios;
using Quern.Scenarios.BadDays;

// As the generated entry point, but the program can also be started as a master with a planted defect.
if (args is [DefectiveMaster.Verb, .. var rest]) return await DefectiveMaster.RunAsync(rest);
if (args.Contains("--server") || args.Contains("--internal-msbuild-node"))
    return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
