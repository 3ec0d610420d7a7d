return await Quern.WorkerHost.WorkerProgram.RunAsync(args);
