using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>The journal, as far as it tells what people did.</summary>
internal static class AuditArea
{
    public static async Task<AdminAnswer> QueryAsync(IAuditDesk desk, AdminRequest request, RQ_QueryAudit asked, CancellationToken cancellationToken)
    {
        if (!Times.TryRead(asked.From, out var from) || !Times.TryRead(asked.To, out var to)) return AdminAnswers.Of(new RS_QueryAudit());
        var page = await desk.QueryAsync(
            request.Who, new AuditQuery(from, to, asked.Actor, asked.ActionPrefix, Pages.Size(asked.PageSize), asked.PageToken), cancellationToken);
        if (page is null) return AdminAnswers.Of(new RS_QueryAudit());
        return AdminAnswers.Of(new RS_QueryAudit
        {
            Entry =
            {
                page.Items.Select(e => new RS_QueryAudit.Types.Entry
                {
                    Sequence = e.Sequence,
                    Timestamp = Times.Of(e.Time),
                    Actor = e.Actor,
                    RemoteAddress = e.Address,
                    Action = e.Kind,
                    Target = e.Subject,
                    Detail = e.Detail,
                }),
            },
            NextPageToken = page.Next,
        });
    }
}
